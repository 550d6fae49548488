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
    /** Since when a slot has more than one, and its service no rollout. */
    const doubledSince = new Map<string, number>();
    const stays = (task: Task) => isLive(task) && !leaves(truth, task);
    return {
      batch(certain) {
        for (const { created, tasks } of stepsOf(truth, certain)) {
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
        if (!master.master || wellMs < patienceMs) {
          doubledSince.clear();
          return;
        }
        const doubled = new Set<string>();
        for (const service of truth.state.tables.service.values()) {
          if (service.rollout !== null) continue;
          const slots = Map.groupBy(truth.ownedBy(service.serviceId).filter(stays), slotOf);
          for (const [slot, live] of slots) {
            if (live.length < 2 || !isWanted(service, slot)) continue;
            const name = `${service.name}.${slot}`;
            doubled.add(name);
            if (!doubledSince.has(name)) doubledSince.set(name, world.now);
            if (world.now - doubledSince.get(name)! >= patienceMs)
              fail(`${name} has ${live.map(({ taskId }) => taskId).join(" and ")}, and no rollout`);
          }
        }
        for (const name of doubledSince.keys()) if (!doubled.has(name)) doubledSince.delete(name);
      },
    };
  },
};
