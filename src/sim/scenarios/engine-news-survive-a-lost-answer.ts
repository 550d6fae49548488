// A heartbeat says "no engine", and its answer is lost behind a cut; the engine is back before the next.

import { planOf, type Scenario } from "./scenario.ts";

export const engineNewsSurviveALostAnswer: Scenario = {
  name: "engine-news-survive-a-lost-answer",
  sentence: "A heartbeat whose answer was lost is sent again: otherwise the node stays without an engine.",
  foundBy: "podling sim --seed 21 --hours 0.05",
  seeds: [1, 2, 3],
  plan: planOf([
    { kind: "partition-there", at: 20, for: 12 },
    { kind: "engine-restart", at: 21, for: 3 },
  ]),
};
