// A task that is not to be restarted, by its policy or by a user, is started once.

import type { TaskId } from "../../model/ids.ts";
import { policyOf } from "../../model/task/restart-policy.ts";
import type { Checker } from "./checker.ts";

export const runsOnce: Checker = {
  name: "runs-once",
  sentence: "A task that is not to be restarted, by its policy or by a user, is started once.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const starts = new Map<string, number>();
    return {
      run(machine, taskId) {
        // A task that has just been deleted may still start; one-placement reports a task that never was in the log.
        const task = truth.tasks.get(taskId as TaskId);
        if (task?.requests?.restarts) return;
        if (!task || policyOf(task.restartPolicy).mode !== "never") return;
        // A machine that was wiped before it could report does not know what it ran.
        const run = `${taskId} ${machine.name} ${machine.wipes}`;
        const count = (starts.get(run) ?? 0) + 1;
        starts.set(run, count);
        if (count > 1) fail(`task ${taskId} may run once, and was started ${count} times, last on ${machine.name}`);
      },
    };
  },
};
