// A status only goes forward, by the table of moves; what has finished never changes.

import type { TaskId } from "../../model/ids.ts";
import { isFinished, type TaskStatus } from "../../model/task/task.ts";
import { isTransition } from "../../model/task/transitions.ts";
import type { Checker } from "./checker.ts";

export const statusGoesForward: Checker = {
  name: "status-goes-forward",
  sentence: "A status only goes forward, by the table of moves; what has finished never changes.",
  class: "safety",
  look: (_, wrong) => {
    const statuses = new Map<TaskId, TaskStatus>();
    return {
      batch({ changes }) {
        for (const change of changes) {
          if (change.type === "task.created") statuses.set(change.task.taskId, change.task.status ?? "pending");
          if (change.type === "task.removed") statuses.delete(change.taskId);
          if (change.type !== "task.updated") continue;
          const before = statuses.get(change.taskId)!;
          const after = change.set.status ?? before;
          if (isFinished(before)) wrong(`task ${change.taskId} had ${before}, and changes`);
          else if (after !== before && !isTransition(before, after))
            wrong(`task ${change.taskId} goes from ${before} to ${after}`);
          statuses.set(change.taskId, after);
        }
      },
    };
  },
};
