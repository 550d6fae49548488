// A task is stopped only for one with a higher priority, and only where no node has capacity as it is.

import type { TaskId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { TaskView } from "../../model/task/view.ts";
import { changesOf, type Truth } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { couldTake } from "./free-capacity.ts";
import { couldHaveVolumes } from "./volume-mounts.ts";

/** True when capacity of the node may be held for a task: others are being stopped for it. */
export function hasHold(truth: Truth, { nodeId }: NodeRecord): boolean {
  return truth.placedOn(nodeId).some(({ requests }) => requests?.preempted !== undefined);
}

export const preemptedForHigher: Checker = {
  name: "preempted-for-higher",
  sentence: "A task is stopped only for one with a higher priority, and only where no node has capacity for that one.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const nodeWithCapacity = (task: TaskView): NodeRecord | undefined =>
      [...truth.state.nodes.values()].find(
        (node) =>
          node.suspect === null &&
          !hasHold(truth, node) &&
          couldTake(node, truth.placedOn(node.nodeId), task) &&
          couldHaveVolumes(truth, node, task),
      );
    return {
      batch(certain) {
        for (const { before, after } of changesOf(certain, "task")) {
          const preempted = after?.requests?.preempted;
          if (!after || !preempted || before?.requests?.preempted) continue;
          const task = truth.tasks.get(preempted.by as TaskId);
          if (!task) {
            fail(`${after.taskId} is stopped for ${preempted.by}, which is no task`);
            continue;
          }
          const [own, other] = [after.spec.priority ?? 0, task.priority ?? 0];
          if (own >= other) fail(`${after.taskId} with priority ${own} is stopped for ${task.taskId} with ${other}`);
          const node = task.status === "pending" ? nodeWithCapacity(task) : undefined;
          if (node) fail(`${after.taskId} is stopped for ${task.taskId}, and ${node.hostname} has capacity for it`);
        }
      },
    };
  },
};
