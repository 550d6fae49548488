// Workers of an earlier release, machines with a policy, and a master and machines that restart, so that registrations come
// again and again.

import { planOf, type Scenario } from "./scenario.ts";

export const optionsGoWhereTheyAreKnown: Scenario = {
  name: "options-go-where-they-are-known",
  sentence:
    "A task with options of the engine never runs on a worker that ignores them, nor against the policy of a node.",
  foundBy: "by design: both were added with the options",
  seeds: [1, 2, 3, 4],
  plan: planOf(
    [
      { kind: "master-crash", at: 25, for: 2 },
      { kind: "worker-crash", at: 40, for: 5, node: 1 },
      { kind: "worker-upgrade", at: 60, for: 1, node: 2 },
    ],
    { options: true, oldWorkers: 40, nodes: 5, clients: 3, pauseMs: 300, durationMs: 90_000 },
  ),
};
