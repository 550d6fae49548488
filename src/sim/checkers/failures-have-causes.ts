// A task ends as its program and its machine made it end: nothing fails for a cause that is not there.

import type { Reason } from "../../model/task/reason.ts";
import { policyOf } from "../../model/task/restart-policy.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Checker } from "./checker.ts";

type Shown = Pick<TaskView, "args" | "image" | "restartPolicy">;

/** Null: it may end so. Programs are those of programs.ts. */
function whyNot({ args, image, restartPolicy }: Shown, { code, message }: Reason): string | null {
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

/** Of a task of several, one container is cause enough. */
function whyNotAny(task: TaskView): string | null {
  const { containers, initContainers = [], restartPolicy, reason } = task;
  if (!containers) return whyNot(task, reason);
  const causes = [...initContainers, ...containers].map((one) => {
    const policy = one.restartPolicy ?? (one.sidecar ? "always" : restartPolicy);
    return whyNot({ ...one, restartPolicy: policy }, reason);
  });
  return causes.includes(null) ? null : causes.join("; ");
}

/** True when the programs of all that keep the task running end well. */
function mayComplete(task: TaskView): boolean {
  const mains = task.containers?.filter(({ sidecar }) => !sidecar) ?? [task];
  return mains.every(({ args }) => args[0] === "job" && args[2] === "0");
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
          const why = whyNotAny(task);
          if (why !== null) fail(`task ${task.taskId} failed (${task.reason.code}), and ${why}`);
        } else if (after?.status === "completed" && !mayComplete(task)) {
          fail(`task ${task.taskId} (${task.args.join(" ")}) is said to have completed`);
        }
      }
    },
  }),
};
