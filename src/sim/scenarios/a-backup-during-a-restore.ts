// Workers pause while a volume is restored on them. The master gives the restore up; the worker has a part of the files until it
// goes on. Clients take live backups meanwhile.

import { planOf, type Scenario } from "./scenario.ts";

export const aBackupDuringARestore: Scenario = {
  name: "a-backup-during-a-restore",
  sentence: "A live backup has no files of a restore that is under way or has failed in the middle.",
  foundBy: "podling sim --seed 1169 --nodes 6 --hours 0.05",
  seeds: [6, 8, 13],
  plan: planOf(
    [15, 35, 55, 75].map((at, index) => ({ kind: "worker-pause", at, for: 6, node: index }) as const),
    { nodes: 2, clients: 12, pauseMs: 100, durationMs: 90_000, volumes: true, volumeCopies: true },
  ),
};
