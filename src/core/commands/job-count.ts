// Counts the end of a task for its job. The count is in the same batch as the end, and a task ends once: nothing is ever counted
// from the tasks that are there, because users and retention remove them.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import { hasEnded, type Job, jobBackoffMs } from "../../model/job/job.ts";
import type { JobUpdate } from "../../model/job/kind.ts";
import { withIndex } from "../../model/job/ranges.ts";
import type { PackedStatus } from "../../model/task/status.ts";
import type { Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";

/** What the end of the task changes of its job. `observed`: what the worker reports with the end. */
export function jobCount(
  state: Pick<ClusterState, "tables">,
  task: Task,
  observed: PackedStatus,
  { now }: { now: number },
): Change[] {
  if (task.owner?.kind !== "job") return [];
  const job = state.tables.job.get(task.owner.id);
  if (!job || hasEnded(job)) return [];
  const set = observed.status === "completed" ? success(job, task) : failure(job, task, observed, now);
  return set === null ? [] : [{ type: "job.updated", id: job.jobId, set }];
}

function success(job: Job, { owner }: Task): JobUpdate | null {
  const { succeeded, doneIndexes } = job;
  const counted = { succeeded: succeeded + 1, failedInARow: 0, nextAt: null };
  if (!job.indexed) return counted;
  const done = withIndex(doneIndexes, Number(owner!.slot));
  return done === doneIndexes ? null : { ...counted, doneIndexes: done };
}

/** A task that was asked to stop has not failed. */
function failure(job: Job, task: Task, { status, reason }: PackedStatus, now: number): JobUpdate | null {
  if (status !== "failed" || task.desired !== "running") return null;
  const failedInARow = job.failedInARow + 1;
  const nextAt = toTimestamp(now + jobBackoffMs(failedInARow));
  const { message } = reason ?? task.observed.reason;
  return { failed: job.failed + 1, failedInARow, nextAt, lastFailure: `${task.name}: ${message}` };
}
