// A count of restarts is of starts that were asked for.

import type { Checker } from "./checker.ts";

export const restartsAreCounted: Checker = {
  name: "restarts-are-counted",
  sentence: "A task is said to have restarted no more often than its container was started again.",
  class: "safety",
  hooks: (_, fail) => {
    const starts = new Map<string, number>();
    return {
      start(_machine, taskId) {
        starts.set(taskId, (starts.get(taskId) ?? 0) + 1);
      },
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (!after || after.restarts === 0 || after.restarts === before?.restarts) continue;
          const started = starts.get(id) ?? 0;
          if (after.restarts >= started)
            fail(`task ${id} restarted ${after.restarts} times, and was started ${started} times in all`);
        }
      },
    };
  },
};
