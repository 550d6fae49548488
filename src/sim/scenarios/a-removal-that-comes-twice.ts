// Volumes go back and forth between two nodes, and the removal of what a move has left reaches its worker a second time much later:
// when the volume is back there, or when a task has made another one of its name.

import { planOf, type Scenario } from "./scenario.ts";

export const aRemovalThatComesTwice: Scenario = {
  name: "a-removal-that-comes-twice",
  sentence: "The removal of what a move has left takes nothing that came to the node after it.",
  foundBy: "the scenario a-removal-that-comes-late",
  seeds: [1, 2],
  plan: planOf(
    [0, 1].map((node) => ({ kind: "removal-comes-again", at: 10, for: 80, node }) as const),
    { nodes: 2, clients: 12, pauseMs: 100, durationMs: 90_000, volumes: true, volumeCopies: true },
  ),
};
