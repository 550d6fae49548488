// A revision that never serves for long enough takes the place of no replica of a revision that does, where that is the last one.
// What a revision is worth is known from its template: the programs of programs.ts.

import type { Revision } from "../../model/service/service.ts";
import { revisionId } from "../../model/service/service.ts";
import type { Task } from "../../model/task/task.ts";
import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";
import { floorOf, freesCapacity, isOverdue, serves, stepsOf } from "./service-steps.ts";

const clocksMs = 120_000;
const reportsMs = 15_000;

/** True when a replica of this template never runs for so long before the repair. */
function isBad({ spec }: Pick<Revision, "spec">, minReadyMs: number): boolean {
  const { image, args } = spec.containers[0]!;
  if (image === "gone" || args[0] === "never-starts") return true;
  return (args[0] === "loop" || args[0] === "oom") && Number(args[1]) < minReadyMs;
}

export const goodReplicaStays: Checker = {
  name: "good-replica-stays",
  sentence: "A revision that never serves takes the place of no last replica that does, while the master can know.",
  class: "safety",
  hooks: (context, fail) => ({
    batch(certain) {
      const { truth, repaired, disturbance, workers } = context;
      if (repaired) return; // then every program serves
      // How long a replica has run is said by the clock of its node.
      if (disturbance.undisturbedMs(clocks) < clocksMs) return;
      // The master may not know yet that a replica has ended.
      const names = [everybody, masterPauses, ...workers.map(({ name }) => name)];
      if (names.some((name) => disturbance.undisturbedMs(name) < reportsMs)) return;
      for (const step of stepsOf(truth, certain)) {
        const { service, taken, tasks } = step;
        if (taken.length === 0 || floorOf(step) === 0 || freesCapacity(step)) continue;
        if (isOverdue(truth, step, certain.batch.at)) continue;
        const { serviceId, target, name, policy } = service;
        const bad = (number: number) => {
          const revision = truth.state.tables.revision.get(revisionId(serviceId, number));
          return revision !== undefined && isBad(revision, policy.minReadyMs);
        };
        const isGood = (task: Task) => !bad(task.owner!.revision ?? 0);
        if (!bad(target)) continue;
        const last = taken.filter(isGood);
        if (last.length > 0 && !tasks.some((task) => serves(task) && isGood(task)))
          fail(
            `revision ${target} of ${name} never serves, and took the place of ${last[0]!.taskId}, the last that did`,
          );
      }
    },
  }),
};
