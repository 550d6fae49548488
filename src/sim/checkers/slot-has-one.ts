// A slot has one replica: two only while a rollout puts one of the new revision in the place of one of the old, and while one
// leaves its node.

import type { Task } from "../../model/task/task.ts";
import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";
import { isLive, isWanted, leaves, slotOf, stepsOf } from "./service-steps.ts";

/** A drain, a pause of the master's own and the disk. */
const patienceMs = 15_000;

export const slotHasOne: Checker = {
  name: "slot-has-one",
  sentence:
    "A slot has one replica of a revision that is to run, and of several revisions only while a rollout goes on.",
  class: "safety",
  hooks: ({ truth, world, master, disturbance }, fail) => {
    /** Since when a service has no rollout. */
    const steady = new Map<string, number>();
    const stays = (task: Task) => isLive(task) && !leaves(truth, task);
    return {
      batch(certain) {
        for (const { service, created, tasks } of stepsOf(truth, certain)) {
          if (service.rollout !== null) steady.delete(service.serviceId);
          else if (!steady.has(service.serviceId)) steady.set(service.serviceId, world.now);
          for (const task of created) {
            const alike = tasks.filter((one) => stays(one) && slotOf(one) === slotOf(task));
            const twice = alike.find(
              (one) => one.taskId !== task.taskId && one.owner!.revision === task.owner!.revision,
            );
            if (twice) fail(`${task.name} has ${twice.taskId} and ${task.taskId} of revision ${task.owner!.revision}`);
          }
        }
      },
      periodic() {
        const wellMs = Math.min(...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)));
        if (!master.master || wellMs < patienceMs) return;
        for (const [id, sinceMs] of steady) {
          const service = truth.state.tables.service.get(id as never);
          if (!service) steady.delete(id);
          if (!service || world.now - sinceMs < patienceMs) continue;
          const slots = Map.groupBy(truth.ownedBy(id).filter(stays), slotOf);
          for (const [slot, live] of slots)
            if (live.length > 1 && isWanted(service, slot))
              fail(`${service.name}.${slot} has ${live.map(({ taskId }) => taskId).join(" and ")}, and no rollout`);
        }
      },
    };
  },
};
