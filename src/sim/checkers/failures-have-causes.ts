// A task ends as its program and its machine made it end: nothing fails for a cause that is not there.

import type { Reason } from "../../model/task/reason.ts";
import { policyOf } from "../../model/task/restart-policy.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Checker } from "./checker.ts";

/** Null: it may end so. Programs are those of programs.ts. */
function whyNot({ args, image, restartPolicy }: TaskView, { code, message }: Reason): string | null {
  const { mode, maxRestarts } = policyOf(restartPolicy);
  const kept = mode !== "never";
  switch (code) {
    case "node-lost":
    case "node-deregistered":
      return null; // other checkers verify that
    case "image-not-found":
    case "registry-unreachable":
      return image === "demo" ? "its image is there" : null;
    case "start-failed":
      return args[0] === "unstartable" || args[0] === "never-starts" ? null : "its program can be started";
    case "exited":
    case "oom-killed":
      // Killed from outside, or ended by its own program. With on-failure and always the task goes on after that.
      return kept && maxRestarts === null ? "it is to be restarted without end" : null;
    case "container-lost":
      return kept && maxRestarts === null ? "it is to be restarted without end" : null;
    default:
      return `nothing in this world makes a task fail so (${message})`;
  }
}

export const failuresHaveCauses: Checker = {
  name: "failures-have-causes",
  sentence: "A task ends as its program, image and node made it end, and for no other cause.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch({ tasks }) {
      for (const { id, before, after } of tasks) {
        const task = truth.tasks.get(id);
        if (!task || before?.status === after?.status) continue;
        if (after?.status === "failed") {
          const why = whyNot(task, task.reason);
          if (why !== null) fail(`task ${task.taskId} failed (${task.reason.code}), and ${why}`);
        } else if (after?.status === "completed" && (task.args[0] !== "job" || task.args[2] !== "0")) {
          fail(`task ${task.taskId} (${task.args.join(" ")}) is said to have completed`);
        }
      }
    },
  }),
};
