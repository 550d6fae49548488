// A count of restarts is of starts that were asked for.

import type { Checker } from "./checker.ts";

export const restartsAreCounted: Checker = {
  name: "restarts-are-counted",
  sentence: "A task is said to have restarted no more often than its container was started again.",
  class: "safety",
  look: (_, wrong) => {
    const starts = new Map<string, number>();
    return {
      start(_machine, taskId) {
        starts.set(taskId, (starts.get(taskId) ?? 0) + 1);
      },
      batch({ changes }) {
        for (const change of changes) {
          if (change.type !== "task.updated" || !change.set.restarts) continue;
          const started = starts.get(change.taskId) ?? 0;
          if (change.set.restarts >= started)
            wrong(
              `task ${change.taskId} restarted ${change.set.restarts} times, and was started ${started} times in all`,
            );
        }
      },
    };
  },
};
