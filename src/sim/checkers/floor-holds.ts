// A service takes a replica out only if enough of the others serve. Nodes that are lost, programs that end and users who stop a
// replica may leave fewer: then the service takes out none that serves.

import type { Checker } from "./checker.ts";
import { floorOf, freesCapacity, isOverdue, serves, stepsOf } from "./service-steps.ts";

export const floorHolds: Checker = {
  name: "floor-holds",
  sentence: "A service takes out a replica that serves only if as many others serve as its policy asks for.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch(certain) {
      for (const step of stepsOf(truth, certain)) {
        if (step.taken.length === 0) continue;
        const left = step.tasks.filter(serves).length + step.preempted;
        const floor = floorOf(step);
        if (left >= floor || freesCapacity(step) || isOverdue(truth, step, certain.batch.at)) continue;
        const names = step.taken.map(({ name, taskId }) => `${name} (${taskId})`).join(", ");
        fail(`${step.service.name} takes out ${names}, and has ${left} left that serve of at least ${floor}`);
      }
    },
  }),
};
