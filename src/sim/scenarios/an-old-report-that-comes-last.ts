// The master is paused while an engine goes and comes back; when it goes on, the waiting requests arrive in another order.

import { planOf, type Scenario } from "./scenario.ts";

export const anOldReportThatComesLast: Scenario = {
  name: "an-old-report-that-comes-last",
  sentence:
    "When an older report about a node's engine reaches the master last, the worker sees it in the answers and reports again.",
  foundBy: "podling sim --seed 233 --nodes 3 --hours 0.05",
  seeds: [1, 2, 3, 4, 5, 6],
  plan: planOf([
    { kind: "master-pause", at: 20, for: 30 },
    { kind: "engine-restart", at: 28, for: 3 },
  ]),
};
