// Whether the jobs and schedules have come to rest after everything was repaired, and why not.

import { fromTimestamp } from "../../lib/clock.ts";
import { hasEnded, type Job } from "../../model/job/job.ts";
import type { Truth } from "./truth.ts";

/**
 * `nowMs`: the time by the master's clock. A job that is removed or starts a task within `soonMs` would disturb the rest. The end of
 * a pause stays in the record while the task after it runs.
 */
export function jobNotAtRest({ state }: Pick<Truth, "state">, nowMs: number, soonMs: number): string | null {
  const untilMs = nowMs + soonMs;
  for (const { name, suspended } of state.tables.schedule.values())
    if (!suspended) return `the schedule ${name} goes on`;
  for (const job of state.tables.job.values()) {
    const { name, status, reason, ttlMs, finishedAt, nextAt } = job;
    if (hasEnded(job)) {
      if (ttlMs !== null && fromTimestamp(finishedAt!) + ttlMs < untilMs) return `the job ${name} is removed soon`;
    } else if (nextAt !== null && !job.suspended && fromTimestamp(nextAt) > nowMs) {
      if (fromTimestamp(nextAt) < untilMs) return `the job ${name} starts another task soon`;
    } else if (!staysSo(job)) return `the job ${name} is ${status} (${reason.message})`;
  }
  return null;
}

/** True for a job that does not end by itself: its tasks run without end, or no node has free capacity for them. */
function staysSo({ suspended, deadlineMs, reason, spec }: Job): boolean {
  if (suspended) return true;
  if (deadlineMs !== null) return false;
  return (
    reason.code === "no-capacity" ||
    reason.code === "waiting-for-dependency" ||
    spec.containers[0]!.args[0] === "service"
  );
}
