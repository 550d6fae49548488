// A replica that a rebalance moves has no data on its node, goes when another one serves in its slot, and is not left half moved.

import { noRequests, type Task } from "../../model/task/task.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { isLive, isOverdue, isWanted, serves, slotOf, stepsOf } from "./service-steps.ts";

export const movesEnd: Checker = {
  name: "moves-end",
  sentence: "A rebalance moves no replica with data on its node, takes it out when another one serves, and ends.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch(certain) {
      for (const { before, after } of changesOf(certain, "task")) {
        if (after === null || targetOf(after) === undefined || (before && targetOf(before) !== undefined)) continue;
        const data = after.spec.containers.flatMap(({ mounts }) => mounts).find(isLocal);
        if (data) fail(`${after.name} (${after.taskId}) is moved, and has data on its node: ${data.source}`);
      }
      for (const step of stepsOf(truth, certain)) {
        const { service, tasks, taken } = step;
        if (isOverdue(truth, step, certain.batch.at)) continue;
        for (const task of taken) {
          // A rollout, or a smaller number of replicas, ends it for a reason of its own.
          const isMove = step.versions.every(({ rollout }) => rollout === null) && isWanted(service, slotOf(task));
          if (targetOf(task) === undefined || !isMove) continue;
          const others = tasks.filter((other) => slotOf(other) === slotOf(task) && serves(other));
          if (others.length === 0) fail(`${task.name} (${task.taskId}) is moved, and no other one serves in its slot`);
        }
      }
    },
    converged() {
      for (const task of truth.state.tasks.values())
        if (targetOf(task) !== undefined && isLive(task)) fail(`${task.name} (${task.taskId}) is still being moved`);
    },
  }),
};

function targetOf({ requests }: Task): string | undefined {
  return (requests ?? noRequests).moveTo;
}

function isLocal({ type, source }: { type: string; source: string }): boolean {
  return type === "bind" || (type === "volume" && source !== "");
}
