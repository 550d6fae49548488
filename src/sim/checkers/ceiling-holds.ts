// A service starts no replica beyond the wanted ones and those that its rollout may have beside them.

import type { Checker } from "./checker.ts";
import { ceilingOf, isLive, stepsOf } from "./service-steps.ts";

export const ceilingHolds: Checker = {
  name: "ceiling-holds",
  sentence: "A service starts no replica beyond the wanted number and the surge of its rollout.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch(certain) {
      for (const step of stepsOf(truth, certain)) {
        if (step.created.length === 0) continue;
        const live = step.tasks.filter(isLive).length;
        // After the policy or the number was made smaller, one may take the place of another.
        const ceiling = Math.max(ceilingOf(truth, step), live - step.more);
        if (live > ceiling) fail(`${step.service.name} has ${live} replicas that are to run, and may have ${ceiling}`);
      }
    },
  }),
};
