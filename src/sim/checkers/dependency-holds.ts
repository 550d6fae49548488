// No task is placed before what its service or job depends on is there, and no container is started again while its worker knows
// that it is not.

import { everybody, masterPauses } from "../faults/disturbance.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { isNew, ownerOf, unmet } from "./dependency-standing.ts";

/** A worker may not have read yet that its tasks have to wait. */
const newsMs = 3_000;
/** After a disturbance a worker needs so long to read its stream again. */
const undisturbedMs = 8_000;

export const dependencyHolds: Checker = {
  name: "dependency-holds",
  sentence:
    "A task is placed, and its containers are started again, only while what its service or job depends on is there.",
  class: "safety",
  hooks: ({ truth, world, disturbance }, fail) => {
    /** Services and jobs of which no task may be started, and since when. */
    const waiting = new Map<string, number>();
    const noteWaiting = (id: string, waits: boolean) => {
      if (!waits) waiting.delete(id);
      else if (!waiting.has(id)) waiting.set(id, world.now);
    };
    return {
      batch(certain) {
        for (const { after } of changesOf(certain, "service"))
          if (after) noteWaiting(after.serviceId, after.waitsFor?.scope === "all");
        for (const { after } of changesOf(certain, "job"))
          if (after) noteWaiting(after.jobId, after.waitsFor?.scope === "all");
        const tasks = changesOf(certain, "task");
        // What is stopped in the same batch for another task may be what was depended on.
        if (tasks.some(({ before, after }) => after?.requests?.preempted && !before?.requests?.preempted)) return;
        for (const { before, after } of tasks) {
          if (!after?.placement || before?.placement) continue;
          const owner = ownerOf(truth, after);
          const missing = owner && unmet(truth, owner, isNew(owner, after));
          if (missing)
            fail(`${after.name} (${after.taskId}) is placed, and ${missing.name} is not ${missing.condition}`);
        }
      },
      start(machine, taskId, { container, startedAt }) {
        const task = truth.state.tasks.get(taskId as never);
        const view = truth.tasks.get(taskId as never);
        const sinceMs = task?.owner ? waiting.get(task.owner.id) : undefined;
        if (!task || !view || sinceMs === undefined || startedAt === null) return;
        // With several containers, one may be started again because their network was made again. Old workers do not wait.
        if (view.containers || machine.old || (task.requests?.restarts ?? 0) > 0) return;
        const names = [machine.name, everybody, masterPauses];
        const wellMs = Math.min(...names.map((name) => disturbance.undisturbedMs(name)));
        if (world.now - sinceMs < newsMs || wellMs < undisturbedMs) return;
        const { name, why } = ownerOf(truth, task)!.waitsFor!;
        fail(`${container} of ${task.name} (${taskId}) is started on ${machine.name}, and waits for ${name}: ${why}`);
      },
    };
  },
};
