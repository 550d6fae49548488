// Keeps every job going: looks at each one that changed or is due, starts and stops its tasks, and removes those whose time to
// live is over. What one look decides is in job/plan.ts.

import type { Change } from "../../model/change.ts";
import type { JobId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { jobRemoval } from "../commands/jobs.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { byCreation } from "./by-creation.ts";
import { planJob } from "./job/plan.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const jobs: Reconciler = {
  name: "jobs",
  run: reconcileJobs,
  nextDue: (state, { now }) => state.jobTasks.queue.nextDue(now),
};

function* reconcileJobs(state: ClusterState, context: ReconcileContext): Generator<readonly Change[]> {
  const nameOf = (id: JobId) => state.tables.job.get(id)?.name ?? "";
  for (const id of byCreation(state.jobTasks.queue.ready(context.now), nameOf)) {
    const dueAt = yield* lookAt(state, id, context);
    state.jobTasks.queue.done(id, dueAt);
  }
}

/** Returns when to look again. */
function* lookAt(
  state: ClusterState,
  jobId: JobId,
  context: ReconcileContext,
): Generator<readonly Change[], number | null> {
  const job = state.tables.job.get(jobId);
  if (!job) return null;
  const tasks = [...state.jobTasks.of(jobId)].sort().map((taskId) => state.task(taskId));
  const maxNewTasks = Math.max(0, Math.min(limits.pendingTasks - state.pending.count, limits.tasks - state.tasks.size));
  const plan = planJob({ job, tasks }, { ...context, lastTaskId: state.cursors.lastTaskId, maxNewTasks });
  if (plan.expired) {
    yield jobRemoval(state, jobId);
    return null;
  }
  if (plan.changes.length > 0) yield plan.changes;
  return plan.dueAt;
}
