// A replica that was lost with its node is replaced by its service, soon and once, and by nothing else.

import type { TaskId } from "../../model/ids.ts";
import { wantedReplicas } from "../../model/service/service.ts";
import { isLost } from "../../model/task/reason.ts";
import type { Task } from "../../model/task/task.ts";
import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { isLive, isWanted, slotOf } from "./service-steps.ts";

/** From the loss to the replacement. */
const replacedWithinMs = 5000;
const undisturbedMs = 15_000;

export const ownerReplacesOnce: Checker = {
  name: "owner-replaces-once",
  sentence: "What a service lost is replaced by its service within seconds, once, and by nothing else.",
  class: "safety",
  hooks: ({ truth, world, master, disturbance }, fail) => {
    const replacedBy = new Map<TaskId, TaskId>();
    /** Lost replicas that nothing has replaced, and since when. */
    const lost = new Map<TaskId, number>();
    const checkReplacement = (task: Task) => {
      const replaced = task.replaces === null ? undefined : truth.state.tasks.get(task.replaces);
      if (replaced?.owner?.kind !== "service") return;
      const before = replacedBy.get(replaced.taskId);
      if (before !== undefined) fail(`${replaced.taskId} is replaced by ${before} and by ${task.taskId}`);
      replacedBy.set(replaced.taskId, task.taskId);
      if (task.owner?.id !== replaced.owner.id || slotOf(task) !== slotOf(replaced))
        fail(`${task.taskId} replaces ${replaced.name} (${replaced.taskId}), and is not of its slot`);
    };
    /** True when its slot needs another replica, and may have one. */
    const isMissed = (taskId: TaskId): boolean => {
      const task = truth.state.tasks.get(taskId);
      const service = task && truth.state.tables.service.get(task.owner!.id as never);
      if (!task || !service || task.replacedBy !== null || task.desired !== "running") return false;
      if (!isWanted(service, slotOf(task))) return false;
      const tasks = truth.ownedBy(service.serviceId);
      const inSlot = tasks.filter((one) => slotOf(one) === slotOf(task));
      // With stop-first, the slot waits until its old container is gone.
      const goes = inSlot.some((one) => one.desired !== "running" && one.ended === null);
      const isFull = tasks.filter(isLive).length >= (wantedReplicas(service) ?? 0);
      return !goes && !isFull && !inSlot.some((one) => one.taskId > taskId || isLive(one));
    };
    return {
      batch(certain) {
        for (const { before, after } of changesOf(certain, "task")) {
          if (before === null && after !== null) checkReplacement(after);
          if (after?.owner?.kind !== "service") continue;
          if (before?.replacedBy && after.replacedBy !== before.replacedBy)
            fail(`${after.taskId} was replaced by ${before.replacedBy}, and is by ${after.replacedBy}`);
          if (after.ended !== null && isLost(after.observed.reason) && after.replacedBy === null)
            lost.set(after.taskId, world.now);
          else lost.delete(after.taskId);
        }
      },
      periodic() {
        const wellMs = Math.min(...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)));
        for (const [taskId, sinceMs] of lost) {
          if (!isMissed(taskId)) lost.delete(taskId);
          else if (master.master && wellMs > undisturbedMs && world.now - sinceMs > replacedWithinMs)
            fail(`${taskId} was lost ${Math.round((world.now - sinceMs) / 1000)} s ago, and its slot has no replica`);
        }
      },
    };
  },
};
