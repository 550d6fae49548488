// The tasks of a lost node have ended, and those to be kept alive have a replacement of the same spec.

import type { NodeId } from "../../model/ids.ts";
import { policyOf } from "../../model/task/restart-policy.ts";
import { containerDefaults, specDefaults } from "../../model/task/spec.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Checker } from "./checker.ts";

const specFields = ["name", ...Object.keys(specDefaults), "image", ...Object.keys(containerDefaults)].filter(
  (field) => field !== "init",
) as (keyof TaskView)[];

export const lostAreReplaced: Checker = {
  name: "lost-are-replaced",
  sentence:
    "A lost node holds no task, and each of its tasks that is to be kept alive is replaced by one of the same spec.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const { state } = truth;
    const checkHoldings = (nodeId: NodeId) => {
      const node = state.nodes.get(nodeId);
      const [held] = node?.status === "offline" ? truth.placedOn(nodeId) : [];
      if (held) fail(`${node!.hostname} is lost, and ${held.taskId} is still ${held.status} there`);
    };
    const checkReplacement = (lost: TaskView) => {
      if (lost.replacedBy === null) return fail(`${lost.taskId} is to be kept alive, was lost, and is not replaced`);
      const like = truth.tasks.get(lost.replacedBy);
      if (!like && !truth.removed.has(lost.replacedBy)) return fail(`${lost.taskId} is replaced by nothing`);
      const other = like && specFields.find((field) => JSON.stringify(like[field]) !== JSON.stringify(lost[field]));
      if (other) fail(`${lost.replacedBy} replaces ${lost.taskId}, and its ${other} is another`);
    };
    return {
      batch({ tasks, nodes }) {
        for (const { id, after } of nodes) if (after?.status === "offline") checkHoldings(id);
        for (const { id, before, after } of tasks) {
          if (after?.status !== "failed" || before?.status === "failed") continue;
          const task = truth.tasks.get(id);
          const lost = after.reason.code === "node-lost" || after.reason.code === "node-deregistered";
          // A task with an owner is its owner's to replace: an-owner-replaces-once.
          if (
            task &&
            lost &&
            !task.owner &&
            task.desired === "running" &&
            policyOf(task.restartPolicy).mode !== "never"
          )
            checkReplacement(task);
        }
      },
    };
  },
};
