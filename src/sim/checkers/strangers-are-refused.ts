// Reports of a task are taken only from the node that it is placed on. The workload tries others now and then.

import type { Checker } from "./checker.ts";

/** The message of a report in the name of another node. */
export const foreignReport = "reported by another node";

export const strangersAreRefused: Checker = {
  name: "strangers-are-refused",
  sentence: "Reports of a task are taken only from the node that it is placed on.",
  class: "safety",
  hooks: (_, fail) => ({
    batch({ tasks }) {
      for (const { id, after } of tasks) {
        if (after?.reason.message === foreignReport) fail(`task ${id} changes by a report of a node that it is not on`);
      }
    },
  }),
};
