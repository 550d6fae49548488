// A master is asked to stop while an append is under way, again and again.

import { planOf, type Scenario } from "./scenario.ts";

export const stoppingWaitsForTheDisk: Scenario = {
  name: "stopping-waits-for-the-disk",
  sentence: "A master that stops waits for its last append, and does not ask for it ten thousand times a moment.",
  foundBy: "the first seed with a master-upgrade and a slow disk",
  seeds: [1, 2, 3],
  plan: planOf(
    [10, 14, 18, 22, 26, 30, 34, 38].map((at) => ({ kind: "master-upgrade", at, for: 1 }) as const),
    { nodes: 2, clients: 3, pauseMs: 300, syncMs: 30 },
  ),
};
