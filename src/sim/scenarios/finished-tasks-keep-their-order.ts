// Nodes whose clocks are hours apart, a disk that is full every other moment, and snapshots all the time.

import { planOf, type Scenario } from "./scenario.ts";

const fullAt = Array.from({ length: 40 }, (_, second) => 15 + second);

export const finishedTasksKeepTheirOrder: Scenario = {
  name: "finished-tasks-keep-their-order",
  sentence: "A removal that the disk refused puts a finished task back where it was, whatever its node's clock said.",
  foundBy: "seeds with skewed clocks and a full disk",
  seeds: [2, 3, 4, 5],
  plan: planOf(
    [
      // By their targets (faults.ts): an hour and more ahead, and as much behind.
      { kind: "clock-jump", at: 8, for: 50, node: 5, strength: 0.9 },
      { kind: "clock-jump", at: 9, for: 50, node: 10, strength: 0.7 },
      ...fullAt.map((at) => ({ kind: "disk-full", at, for: 0.4 }) as const),
    ],
    { nodes: 2, clients: 3, pauseMs: 300, snapshotChanges: 20 },
  ),
};
