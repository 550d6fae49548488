// A second machine joins with a copy of n1's data folder, and both workers are started again.

import { planOf, type Scenario } from "./scenario.ts";

export const aCopiedDataFolder: Scenario = {
  name: "a-copied-data-folder",
  sentence:
    "A worker with a copy of another's data folder gets an identity of its own and keeps it: no task runs on both.",
  foundBy: "an attack on release 0.1.0 with a copied identity.json",
  seeds: [1, 2, 3],
  plan: planOf(
    [
      { kind: "worker-upgrade", at: 20, for: 1 },
      { kind: "worker-upgrade", at: 30, for: 1, node: 2 },
      { kind: "master-crash", at: 40, for: 2 },
      { kind: "worker-crash", at: 55, for: 9 },
    ],
    { nodes: 2, clients: 2, pauseMs: 500, durationMs: 90_000, twin: "folder" },
  ),
};
