// A create that is repeated with its Idempotency-Key makes one task.

import type { TaskId } from "../../model/ids.ts";
import type { Checker } from "./checker.ts";

export const askedOnceMadeOnce: Checker = {
  name: "asked-once-made-once",
  sentence: "A create that is repeated with its Idempotency-Key makes one task.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const made = new Map<string, TaskId>();
    return {
      batch({ tasks }) {
        for (const { id, before: earlier } of tasks) {
          const key = earlier === null ? truth.state.tasks.get(id)?.idempotency?.key : undefined;
          if (key === undefined) continue;
          const before = made.get(key);
          // A key is remembered for as long as its task is.
          if (before !== undefined && truth.tasks.has(before)) fail(`${key} made task ${before}, and task ${id}`);
          made.set(key, id);
        }
      },
    };
  },
};
