// Engines drop events for a slow reader, just as containers end.

import { planOf, type Scenario } from "./scenario.ts";

export const lostEventsAreMadeUpFor: Scenario = {
  name: "lost-events-are-made-up-for",
  sentence: "A task does not stay `running` when the engine drops the event of its container's end.",
  foundBy: "a seed among the first hundred of podling sim --hours 0.05",
  seeds: [2, 3, 4, 5],
  plan: planOf(
    [20, 30, 40, 50].flatMap((at) =>
      [0, 1, 2].map((node) => ({ kind: "events-lost", at, for: 9.9, node, strength: 0.99 }) as const),
    ),
    { nodes: 3, clients: 3, pauseMs: 700 },
  ),
};
