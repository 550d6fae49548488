// The jobs of each schedule, and the schedules that their reconciler has to look at.

import type { JobId, ScheduleId } from "../../../model/ids.ts";
import { hasEnded, type Job } from "../../../model/job/job.ts";
import type { Schedule } from "../../../model/schedule/schedule.ts";
import type { Index } from "../delta.ts";
import { IdSets } from "./id-sets.ts";
import { WorkQueue } from "./work-queue.ts";

export class ScheduleJobs implements Index<Job> {
  readonly #jobs = new IdSets<ScheduleId, JobId>();
  readonly queue = new WorkQueue<ScheduleId>();

  /** In no order. */
  of(scheduleId: ScheduleId): ReadonlySet<JobId> {
    return this.#jobs.of(scheduleId);
  }

  moved(before: Job | null, after: Job | null): void {
    const { schedule, jobId } = (after ?? before)!;
    if (schedule === null) return;
    const id = schedule.scheduleId as ScheduleId;
    if (before === null) this.#jobs.add(id, jobId);
    if (after === null) this.#jobs.remove(id, jobId);
    // A job that goes on changes nothing for its schedule.
    if (before === null || after === null || hasEnded(before) !== hasEnded(after)) this.queue.add(id);
  }

  scheduleMoved(before: Schedule | null, after: Schedule | null): void {
    this.queue.add((after ?? before)!.scheduleId);
  }
}
