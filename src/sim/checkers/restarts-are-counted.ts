// A count of restarts counts starts that a worker asked its engine for, and never goes down.

import type { Checker } from "./checker.ts";

export const restartsAreCounted: Checker = {
  name: "restarts-are-counted",
  sentence:
    "A task is reported to have restarted no more often than its container was started again, and never less often than before.",
  class: "safety",
  hooks: (_, fail) => {
    const starts = new Map<string, number>();
    return {
      start(_machine, taskId) {
        starts.set(taskId, (starts.get(taskId) ?? 0) + 1);
      },
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (!after || after.restarts === before?.restarts) continue;
          if (before && after.restarts < before.restarts)
            fail(`task ${id} had ${before.restarts} restarts, and now has ${after.restarts}`);
          if (after.restarts === 0) continue;
          const started = starts.get(id) ?? 0;
          if (after.restarts >= started)
            fail(`task ${id} restarted ${after.restarts} times, and was started ${started} times in all`);
        }
      },
    };
  },
};
