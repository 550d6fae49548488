// A second machine with the name and port of n1 joins, and n1 is cut off for longer than its lease and comes back.

import { planOf, type Scenario } from "./scenario.ts";

export const twoMachinesOfOneName: Scenario = {
  name: "two-machines-of-one-name",
  sentence: "A machine with the name and port of another is a node of its own: no task runs on both.",
  foundBy: "an attack on release 0.1.0 with two cloned machines",
  seeds: [1, 2, 3],
  plan: planOf(
    [
      { kind: "partition", at: 20, for: 12 },
      { kind: "worker-crash", at: 45, for: 1 },
      { kind: "node-power", at: 60, for: 8, node: 2 },
    ],
    { nodes: 2, clients: 2, pauseMs: 500, durationMs: 90_000, twin: "name" },
  ),
};
