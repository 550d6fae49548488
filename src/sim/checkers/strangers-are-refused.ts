// Only the node that a task was given to says how it goes. The workload tries the contrary now and then.

import type { Checker } from "./checker.ts";

/** What a client says that reports in the name of another node. */
export const strangersWord = "said by a stranger";

export const strangersAreRefused: Checker = {
  name: "strangers-are-refused",
  sentence: "Only the node that a task was given to says how it goes.",
  class: "safety",
  hooks: (_, fail) => ({
    batch({ tasks }) {
      for (const { id, after } of tasks) {
        if (after?.reason.message === strangersWord) fail(`task ${id} changes by the word of a node that it is not on`);
      }
    },
  }),
};
