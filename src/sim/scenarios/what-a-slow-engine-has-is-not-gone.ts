// A worker starts again while its engine hangs, and containers of several are asked to stop before the engine answers.

import { planOf, type Scenario } from "./scenario.ts";

export const whatASlowEngineHasIsNotGone: Scenario = {
  name: "what-a-slow-engine-has-is-not-gone",
  sentence: "A worker that starts takes no container for gone before its engine has listed all of them.",
  foundBy: "podling sim --seed 2033 --nodes 4 --hours 0.05",
  seeds: [2, 3, 8, 9, 11],
  plan: planOf(
    [20, 32, 44, 56, 68, 80].map((at) => ({ kind: "engine-hangs-at-start", at, for: 6 }) as const),
    { nodes: 1, clients: 3, pauseMs: 300, durationMs: 90_000, services: true, pods: true, dependencies: true },
  ),
};
