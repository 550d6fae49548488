// A volume leaves a worker that is paused, and comes back to it: when the worker goes on, it gets the removal of the old files and the
// new files at the same time.

import { planOf, type Scenario } from "./scenario.ts";

export const aRemovalThatComesLate: Scenario = {
  name: "a-removal-that-comes-late",
  sentence: "The removal of what a move has left takes nothing of what a later move has brought.",
  foundBy: "the scenario a-backup-during-a-restore",
  seeds: [1, 2],
  plan: planOf(
    [15, 35, 55, 75].map((at, index) => ({ kind: "worker-pause", at, for: 6, node: index }) as const),
    { nodes: 2, clients: 12, pauseMs: 100, durationMs: 90_000, volumes: true, volumeCopies: true },
  ),
};
