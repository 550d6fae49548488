// The record of a task that has not finished is removed only by force, or with its service.

import { isFinished } from "../../model/task/reason.ts";
import type { Checker } from "./checker.ts";

export const removedWereOver: Checker = {
  name: "removed-were-over",
  sentence: "A task is removed only when it has finished, by force, or with its service.",
  class: "safety",
  hooks: ({ ledger, truth }, fail) => ({
    batch({ tasks }) {
      for (const { id, before, after } of tasks) {
        if (after !== null || isFinished(before!.status) || ledger.forced.has(id)) continue;
        // A service takes its tasks with it: those that no node has yet.
        if (before!.owner && truth.removed.has(before!.owner.id) && before!.nodeId === null) continue;
        fail(`task ${id} was ${before!.status}, and is removed without force`);
      }
    },
  }),
};
