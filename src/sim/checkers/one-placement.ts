// A task is placed on one node, once, and its container runs on no other.

import type { TaskId } from "../../model/ids.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Checker } from "./checker.ts";

export const onePlacement: Checker = {
  name: "one-placement",
  sentence: "A task is placed on one node, once, and its container runs on no other.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    const placed = new Map<TaskId, string>();
    const ranOn = new Map<string, WorkerMachine>();
    return {
      batch({ tasks }) {
        for (const { id, after } of tasks) {
          if (!after?.nodeId) continue;
          const before = placed.get(id);
          if (before !== undefined && before !== after.nodeId)
            fail(`task ${id} was on ${before}, and is placed on ${after.nodeId}`);
          placed.set(id, after.nodeId);
        }
      },
      run(machine, taskId) {
        const nodeId = placed.get(taskId as TaskId);
        if (nodeId === undefined) fail(`task ${taskId} runs on ${machine.name}, and was never placed`);
        else if (machine.identity && machine.identity.nodeId !== nodeId)
          fail(`task ${taskId} was placed on ${nodeId}, and runs on ${machine.name} (${machine.identity.nodeId})`);
        const other = ranOn.get(taskId);
        if (other && other !== machine && other.engine.runs(taskId))
          fail(`task ${taskId} runs on ${machine.name} and on ${other.name}`);
        ranOn.set(taskId, machine);
        if (!truth.knows(taskId as TaskId)) fail(`task ${taskId} runs, and is in no log`);
      },
    };
  },
};
