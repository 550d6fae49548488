// What a lost node held has ended, and what is to be kept alive has its like elsewhere.

import type { NodeId } from "../../model/ids.ts";
import { specDefaults, type Task } from "../../model/task/task.ts";
import type { Checker } from "./checker.ts";

const specFields = ["name", "image", ...Object.keys(specDefaults)] as (keyof Task)[];

export const lostAreReplaced: Checker = {
  name: "lost-are-replaced",
  sentence:
    "A lost node holds nothing any more, and each of its tasks that is to be kept alive has its like elsewhere.",
  class: "safety",
  look: ({ truth }, wrong) => {
    const { state } = truth;
    const checkHoldings = (nodeId: NodeId) => {
      const node = state.nodes.get(nodeId);
      const [held] = node?.status === "offline" ? truth.placedOn(nodeId) : [];
      if (held) wrong(`${node!.hostname} is lost, and ${held.taskId} is still ${held.status} there`);
    };
    const checkReplacement = (lost: Task) => {
      if (lost.replacedBy === null) return wrong(`${lost.taskId} is to be kept alive, was lost, and is not replaced`);
      const like = state.tasks.get(lost.replacedBy);
      if (!like && !truth.removed.has(lost.replacedBy)) return wrong(`${lost.taskId} is replaced by nothing`);
      const other = like && specFields.find((field) => JSON.stringify(like[field]) !== JSON.stringify(lost[field]));
      if (other) wrong(`${lost.replacedBy} replaces ${lost.taskId}, and its ${other} is another`);
    };
    return {
      batch({ changes }) {
        for (const change of changes) {
          if (change.type === "node.updated" && change.set.status === "offline") checkHoldings(change.nodeId);
          if (change.type !== "task.updated" || change.set.status !== "failed") continue;
          const task = state.tasks.get(change.taskId);
          const lost = change.set.reason?.code === "node-lost" || change.set.reason?.code === "node-deregistered";
          if (task && lost && task.desired === "running" && task.restartPolicy.mode !== "never") checkReplacement(task);
        }
      },
    };
  },
};
