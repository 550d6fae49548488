// A count of restarts counts starts that a worker asked its engine for, and never goes down.

import { sandboxContainer } from "../../model/task/spec.ts";
import type { Checker } from "./checker.ts";

export const restartsAreCounted: Checker = {
  name: "restarts-are-counted",
  sentence:
    "A task is reported to have restarted no more often than its container was started again, and never less often than before.",
  class: "safety",
  hooks: (_, fail) => {
    /** Of each task, how often each container was started. */
    const starts = new Map<string, Map<string, number>>();
    return {
      start(_machine, taskId, { container }) {
        if (container === sandboxContainer) return;
        const counts = starts.get(taskId) ?? new Map<string, number>();
        starts.set(taskId, counts.set(container, (counts.get(container) ?? 0) + 1));
      },
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (!after || after.restarts === before?.restarts) continue;
          if (before && after.restarts < before.restarts)
            fail(`task ${id} had ${before.restarts} restarts, and now has ${after.restarts}`);
          if (after.restarts === 0) continue;
          const started = [...(starts.get(id)?.values() ?? [])];
          // The first start of a container is no restart.
          if (after.restarts > started.reduce((sum, count) => sum + count - 1, 0))
            fail(`task ${id} restarted ${after.restarts} times, and was started ${started.join(" + ")} times in all`);
        }
      },
    };
  },
};
