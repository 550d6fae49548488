// Keeps every schedule: looks at each one that is due, or whose jobs have changed. What one look decides is in schedule/plan.ts.

import { fromTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import { limits } from "../../model/limits.ts";
import { jobRemoval } from "../commands/jobs.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";
import { planSchedule } from "./schedule/plan.ts";

export const schedules: Reconciler = {
  name: "schedules",
  run: reconcileSchedules,
  nextDue: (state, { now }) => state.scheduleJobs.queue.nextDue(now),
};

/** Counting so many due times after a downtime takes as long as a look. */
const missedPerLook = 5;

function* reconcileSchedules(state: ClusterState, { now, random }: ReconcileContext): Generator<readonly Change[]> {
  let looks = limits.scheduleLooks;
  for (const id of state.scheduleJobs.queue.ready(now)) {
    // The others follow in the next tick.
    if (looks <= 0) return;
    const schedule = state.tables.schedule.get(id);
    if (schedule) {
      const jobs = [...state.scheduleJobs.of(id)].sort().map((jobId) => state.record("job", jobId));
      const { changes, outdated } = planSchedule(schedule, jobs, {
        ...{ now, random, maxNewJobs: limits.jobs - state.tables.job.size },
        isTaken: (name) => state.jobNamed(name) !== undefined || state.scheduleNamed(name) !== undefined,
      });
      if (changes.length > 0) yield changes;
      for (const jobId of outdated) yield jobRemoval(state, jobId);
    }
    const { nextDueAt = null, missed = 0 } = state.tables.schedule.get(id) ?? {};
    looks -= 1 + (missed - (schedule?.missed ?? 0)) / missedPerLook;
    state.scheduleJobs.queue.done(id, nextDueAt === null ? null : fromTimestamp(nextDueAt));
  }
}
