// A task is given to one node, once, and its container runs on no other.

import type { TaskId } from "../../model/ids.ts";
import type { Checker } from "./checker.ts";

export const onePlacement: Checker = {
  name: "one-placement",
  sentence: "A task is given to one node, once, and its container runs on no other.",
  class: "safety",
  look: ({ truth, workers }, wrong) => {
    const placed = new Map<TaskId, string>();
    return {
      batch({ changes }) {
        for (const change of changes) {
          if (change.type !== "task.updated" || change.set.nodeId == null) continue;
          const before = placed.get(change.taskId);
          if (before !== undefined)
            wrong(`task ${change.taskId} was on ${before}, and is given to ${change.set.nodeId}`);
          placed.set(change.taskId, change.set.nodeId);
        }
      },
      run(machine, taskId) {
        const nodeId = placed.get(taskId as TaskId);
        if (nodeId === undefined) wrong(`task ${taskId} runs on ${machine.name}, and was never placed`);
        else if (machine.identity && machine.identity.nodeId !== nodeId)
          wrong(`task ${taskId} was placed on ${nodeId}, and runs on ${machine.name} (${machine.identity.nodeId})`);
        const elsewhere = workers.filter(
          ({ name, engine }) =>
            name !== machine.name && engine.all().some((one) => one.taskId === taskId && one.status === "running"),
        );
        if (elsewhere.length > 0) wrong(`task ${taskId} runs on ${machine.name} and on ${elsewhere[0]!.name}`);
        if (!truth.knows(taskId as TaskId)) wrong(`task ${taskId} runs, and is in no log`);
      },
    };
  },
};
