// Mistakes in what waits for what. Plain data.

import type { Mutant } from "./mutant.ts";

const unit = "src/core/reconcile/dependency/dependencies.test.ts";

export const dependencyMutants: readonly Mutant[] = [
  {
    name: "tasks-do-not-wait",
    sentence: "A task is placed whatever its service or job depends on.",
    file: "src/core/reconcile/dependencies.ts",
    find: 'if (status !== "pending") continue;',
    replace: 'if (status !== "running") continue;',
    caughtBy: ["dependency-holds"],
  },
  {
    name: "dependents-are-not-looked-at",
    sentence: "What depends on a service is not looked at when a replica of that becomes ready, or is no longer.",
    file: "src/core/state/indexes/dependents.ts",
    find: "if (was === is) return;",
    replace: 'if (was !== "") return;',
    caughtBy: ["dependency-holds"],
  },
  {
    name: "workers-do-not-wait",
    sentence: "A worker starts a container again although what it depends on is not there.",
    file: "src/worker/task/step.ts",
    find: "return assignment.waitsFor !== null && !restartIsDue",
    replace: "return assignment.waitsFor === assignment.taskId && !restartIsDue",
    caughtBy: ["dependency-holds"],
  },
  {
    name: "steps-do-not-wait",
    sentence: "A rollout stops old replicas while the new ones cannot start, because of what they depend on.",
    file: "src/core/reconcile/service/plan.ts",
    find: "|| paused || this.#waits(rollout)) return false;",
    replace: "|| paused) return false;",
    caughtBy: [],
    tests: [unit],
  },
  {
    name: "old-news-after-a-start",
    sentence:
      "After a start of its engine a worker starts what depends on others before the master knows what has ended.",
    file: "src/worker/task/dependency-holds.ts",
    find: "const waits = this.#startedAt !== null ? afterStart",
    replace: "const waits = this.#asked ? afterStart",
    caughtBy: [],
    tests: ["src/worker/task/dependency-holds.test.ts"],
  },
];
