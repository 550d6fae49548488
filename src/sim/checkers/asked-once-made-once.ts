// A request that is repeated with its key happened once.

import type { TaskId } from "../../model/ids.ts";
import type { Checker } from "./checker.ts";

export const askedOnceMadeOnce: Checker = {
  name: "asked-once-made-once",
  sentence: "A request that is repeated with its key happened once.",
  class: "safety",
  look: ({ truth }, wrong) => {
    const made = new Map<string, TaskId>();
    return {
      batch({ changes }) {
        for (const change of changes) {
          if (change.type !== "task.created" || !change.idempotency) continue;
          const { key } = change.idempotency;
          const before = made.get(key);
          // A key is remembered for as long as its task is.
          if (before !== undefined && truth.state.tasks.has(before))
            wrong(`${key} made task ${before}, and task ${change.task.taskId}`);
          made.set(key, change.task.taskId);
        }
      },
    };
  },
};
