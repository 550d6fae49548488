// The jobs of each schedule, and the schedules that are worth a look: those whose record or jobs have changed since, and those
// that are due.

import type { JobId, ScheduleId } from "../../../model/ids.ts";
import { hasEnded, type Job } from "../../../model/job/job.ts";
import type { Schedule } from "../../../model/schedule/schedule.ts";
import type { Index } from "../delta.ts";
import { DueTimes } from "./due-times.ts";

const none: ReadonlySet<JobId> = new Set();

export class ScheduleJobs implements Index<Job> {
  readonly #jobs = new Map<ScheduleId, Set<JobId>>();
  /** Changed since the last look; also by an undo. */
  readonly #changed = new Set<ScheduleId>();
  readonly #due = new DueTimes<ScheduleId>();

  /** In no order. */
  of(scheduleId: ScheduleId): ReadonlySet<JobId> {
    return this.#jobs.get(scheduleId) ?? none;
  }

  moved(before: Job | null, after: Job | null): void {
    const { schedule, jobId } = (after ?? before)!;
    if (schedule === null) return;
    const id = schedule.scheduleId as ScheduleId;
    const jobs = this.#jobs.get(id) ?? new Set();
    if (before === null) this.#jobs.set(id, jobs.add(jobId));
    if (after === null) jobs.delete(jobId);
    if (jobs.size === 0) this.#jobs.delete(id);
    // A job that goes on changes nothing for its schedule.
    if (before === null || after === null || hasEnded(before) !== hasEnded(after)) this.#changed.add(id);
  }

  scheduleMoved(before: Schedule | null, after: Schedule | null): void {
    this.#changed.add((after ?? before)!.scheduleId);
  }

  /** To be looked at now, in order of their ids. */
  toLookAt(now: number): ScheduleId[] {
    return [...new Set([...this.#changed, ...this.#due.until(now)])].sort();
  }

  /** It was looked at, and is not before `dueAt` again without a change; null: never. */
  lookedAt(scheduleId: ScheduleId, dueAt: number | null): void {
    this.#changed.delete(scheduleId);
    this.#due.set(scheduleId, dueAt);
  }

  nextDue(now: number): number | null {
    return this.#changed.size > 0 ? now : this.#due.first;
  }
}
