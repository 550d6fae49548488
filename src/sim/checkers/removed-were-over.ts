// No record of a task that lives is removed, unless somebody insists.

import type { TaskId } from "../../model/ids.ts";
import { isFinished, type TaskStatus } from "../../model/task/task.ts";
import type { Checker } from "./checker.ts";

export const removedWereOver: Checker = {
  name: "removed-were-over",
  sentence: "A task is removed only when it has finished, or when somebody insists.",
  class: "safety",
  look: ({ ledger }, wrong) => {
    const statuses = new Map<TaskId, TaskStatus>();
    return {
      batch({ changes }) {
        for (const change of changes) {
          if (change.type === "task.created") statuses.set(change.task.taskId, "pending");
          else if (change.type === "task.updated" && change.set.status) statuses.set(change.taskId, change.set.status);
          else if (change.type === "task.removed") {
            const status = statuses.get(change.taskId)!;
            statuses.delete(change.taskId);
            if (!isFinished(status) && !ledger.forced.has(change.taskId))
              wrong(`task ${change.taskId} was ${status}, and is removed without anybody's insisting`);
          }
        }
      },
    };
  },
};
