// The master's machine loses power for a moment, again and again. No connection is reset, and at most one heartbeat fails.

import { planOf, type Scenario } from "./scenario.ts";

export const aStreamThatEndedUnnoticed: Scenario = {
  name: "a-stream-that-ended-unnoticed",
  sentence:
    "A worker opens its stream again as soon as an answer says that the master has none, and stops what must stop.",
  foundBy: "podling sim --seed 120; also seeds 2434 and 2730 with --hours 0.05",
  seeds: [1, 2, 3, 4],
  plan: planOf(
    [15, 40, 65, 90].map((at) => ({ kind: "master-power", at, for: 0.6 }) as const),
    { nodes: 4, clients: 3, pauseMs: 400, durationMs: 120_000 },
  ),
};
