// The record of a task that has not finished is removed only by force.

import { isFinished } from "../../model/task/reason.ts";
import type { Checker } from "./checker.ts";

export const removedWereOver: Checker = {
  name: "removed-were-over",
  sentence: "A task is removed only when it has finished, or by force.",
  class: "safety",
  hooks: ({ ledger }, fail) => ({
    batch({ tasks }) {
      for (const { id, before, after } of tasks) {
        if (after !== null || isFinished(before!.status) || ledger.forced.has(id)) continue;
        fail(`task ${id} was ${before!.status}, and is removed without force`);
      }
    },
  }),
};
