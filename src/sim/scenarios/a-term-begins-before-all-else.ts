// A master starts while its disk does not say whether a write is durable, and clients send requests meanwhile.

import { planOf, type Scenario } from "./scenario.ts";

export const aTermBeginsBeforeAllElse: Scenario = {
  name: "a-term-begins-before-all-else",
  sentence: "A new master whose first write was lost writes nothing under the epoch of the one before.",
  foundBy: "podling sim --seed 430 --nodes 2 --hours 0.05",
  seeds: [1, 4, 6],
  plan: planOf(
    [
      { kind: "disk-slow", at: 7, for: 70, strength: 0.5 },
      { kind: "disk-unsure", at: 8, for: 70, strength: 1 },
      { kind: "master-crash", at: 10, for: 1 },
      { kind: "master-crash", at: 20, for: 1 },
      { kind: "master-crash", at: 30, for: 1 },
      { kind: "master-crash", at: 40, for: 1 },
    ],
    { nodes: 2, clients: 8, pauseMs: 200, durationMs: 90_000 },
  ),
};
