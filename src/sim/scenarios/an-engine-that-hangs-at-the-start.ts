// A worker is upgraded while its engine hangs, and the engine stays so for longer than any lease.

import { planOf, type Scenario } from "./scenario.ts";

export const anEngineThatHangsAtTheStart: Scenario = {
  name: "an-engine-that-hangs-at-the-start",
  sentence: "A worker that starts while its engine hangs registers without it: its node is not lost.",
  foundBy: "an attack on release 0.1.0 with SIGSTOP of dockerd",
  seeds: [1, 2, 3],
  plan: planOf(
    [20, 60].map((at) => ({ kind: "engine-hangs-at-start", at, for: 25 }) as const),
    { nodes: 2, clients: 2, pauseMs: 1000, durationMs: 100_000 },
  ),
};
