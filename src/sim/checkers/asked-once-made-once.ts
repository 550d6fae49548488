// A request that is repeated with its key happened once.

import type { Checker } from "./checker.ts";

export const askedOnceMadeOnce: Checker = {
  name: "asked-once-made-once",
  sentence: "A request that is repeated with its key happened once.",
  class: "safety",
  look: (_, wrong) => {
    const made = new Map<string, string>();
    return {
      batch({ changes }) {
        for (const change of changes) {
          if (change.type !== "task.created" || !change.idempotency) continue;
          const { key } = change.idempotency;
          const before = made.get(key);
          if (before !== undefined) wrong(`${key} made task ${before}, and task ${change.task.taskId}`);
          made.set(key, change.task.taskId);
        }
      },
    };
  },
};
