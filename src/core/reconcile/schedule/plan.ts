// What a schedule does now, as a pure function of its records and the time: the job of a due time, what becomes of the jobs that
// still run, and which finished jobs are kept. All due times that have passed are handled in one look: the newest one counts.

import { fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import { dueTimes, nextDue } from "../../../lib/cron.ts";
import { type Random, randomText } from "../../../lib/random.ts";
import type { Change } from "../../../model/change.ts";
import type { JobId } from "../../../model/ids.ts";
import { hasEnded, type Job, jobReason } from "../../../model/job/job.ts";
import { limits } from "../../../model/limits.ts";
import type { ScheduleUpdate } from "../../../model/schedule/kind.ts";
import {
  jobName,
  jobTemplateOf,
  type Schedule,
  type ScheduleReason,
  scheduleReason,
} from "../../../model/schedule/schedule.ts";
import { newJob } from "../../commands/jobs.ts";
import { type Gap, gapOf, isWithin, nextUnhandled, packedGap } from "./next-due.ts";

export interface ScheduleContext {
  /** ms since the epoch. */
  now: number;
  random: Random;
  /** How many more jobs the cluster may hold. */
  maxNewJobs: number;
  isTaken(name: string): boolean;
}

export interface SchedulePlan {
  changes: Change[];
  /** Finished jobs beyond those that are kept. */
  outdated: JobId[];
}

/** `jobs`: those of the schedule that are there, in any order. */
export function planSchedule(schedule: Schedule, jobs: readonly Job[], context: ScheduleContext): SchedulePlan {
  return { changes: changesWhenDue(schedule, jobs, context), outdated: outdated(schedule, jobs) };
}

function changesWhenDue(schedule: Schedule, jobs: readonly Job[], context: ScheduleContext): Change[] {
  const { nextDueAt, suspended } = schedule;
  const { now } = context;
  if (suspended || nextDueAt === null) return [];
  const dueAt = fromTimestamp(nextDueAt);
  if (dueAt <= now) return handleDue(schedule, dueAt, jobs, context);
  const earlier = nextUnhandled(schedule, now);
  return earlier === null || earlier >= dueAt ? [] : [waitsFor(schedule, earlier)];
}

/** The clock was set to another time. */
function waitsFor({ scheduleId: id, cron }: Schedule, next: number | null): Change {
  if (next === null) {
    const reason = scheduleReason("never-due", `${cron} is not due any more`);
    return { type: "schedule.updated", id, set: { nextDueAt: null, reason } };
  }
  const nextDueAt = toTimestamp(next);
  const reason = scheduleReason("waiting", `${nextDueAt} starts its next job; the clock was set to another time`);
  return { type: "schedule.updated", id, set: { nextDueAt, reason } };
}

/** The newest gap, if the look at `dueAt` has changed it: `count` due times from `first` on were left out. */
function unstartedAfter(
  gap: Gap,
  { first, dueAt, count, isTooLate }: { first: number; dueAt: number; count: number; isTooLate: boolean },
): Pick<ScheduleUpdate, "unstarted"> {
  if (isWithin(gap, dueAt)) return { unstarted: packedGap({ from: dueAt + 1, to: gap.to }) };
  if (count === 0 && !isTooLate) return {};
  return { unstarted: packedGap({ from: first, to: dueAt + (isTooLate ? 1 : 0) }) };
}

/** `first`: the due time that is recorded. It counts, also where newer time-zone data says another one. */
function handleDue(schedule: Schedule, first: number, jobs: readonly Job[], context: ScheduleContext): Change[] {
  const { scheduleId: id, cron, timezone } = schedule;
  const { now } = context;
  const last = schedule.lastDueAt === null ? Number.NEGATIVE_INFINITY : fromTimestamp(schedule.lastDueAt);
  if (first < last && now >= last) {
    // The clock was behind, and is ahead again: the due times that it went over have been counted.
    const next = nextDue(cron, timezone, last);
    if (next === null || next > now) return [waitsFor(schedule, next)];
    return handleDue(schedule, next, jobs, context);
  }
  const gap = gapOf(schedule);
  const until = first <= last ? Math.min(now, gap.to - 1) : now;
  const { newest, count } = dueTimes(cron, timezone, first, until, limits.missedCounted);
  const dueAt = newest ?? first;
  const running = jobs.filter((job) => !hasEnded(job));
  const skip = whySkipped(schedule, dueAt, running, context);
  const handled = {
    lastDueAt: toTimestamp(Math.max(last, dueAt)),
    ...unstartedAfter(gap, { first, dueAt, count, isTooLate: skip?.code === "missed" }),
  };
  const next = nextUnhandled({ ...schedule, ...handled }, now);
  const set: ScheduleUpdate = { ...handled, nextDueAt: next === null ? null : toTimestamp(next) };
  if (skip)
    return [{ type: "schedule.updated", id, set: { ...set, missed: schedule.missed + count + 1, reason: skip } }];
  const job = newJob(freeName(schedule, dueAt, context), jobTemplateOf(schedule), schedule.by, context, {
    scheduleId: id,
    dueAt: toTimestamp(dueAt),
  });
  const missed = count === 0 ? "" : `; ${missedText(count)} before it started none`;
  const reason = scheduleReason("started", `${toTimestamp(dueAt)} started ${job.name}${missed}`);
  const replaced = schedule.concurrency === "replace" ? running.map((one) => replacedBy(one, job.name, now)) : [];
  return [
    ...replaced,
    { type: "job.created", record: job },
    {
      ...{ type: "schedule.updated", id },
      set: { ...set, lastJobId: job.jobId, missed: schedule.missed + count, reason },
    },
  ];
}

/** Why the due time starts no job; null: it does. */
function whySkipped(
  { concurrency, startDeadlineMs }: Schedule,
  dueAt: number,
  running: readonly Job[],
  { now, maxNewJobs }: ScheduleContext,
): ScheduleReason | null {
  const due = toTimestamp(dueAt);
  const late = now - dueAt;
  if (startDeadlineMs !== null && late > startDeadlineMs) {
    const seconds = Math.round(late / 1000);
    return scheduleReason(
      "missed",
      `${due} was noticed ${seconds} s late, and the start deadline is ${startDeadlineMs / 1000} s`,
    );
  }
  const [first] = running;
  if (concurrency === "forbid" && first)
    return scheduleReason("skipped", `${due} started no job, because ${first.name} was not over`);
  if (maxNewJobs <= 0) return scheduleReason("full", `${due} started no job: the cluster holds ${limits.jobs} jobs`);
  return null;
}

function missedText(count: number): string {
  if (count === 1) return "1 due time";
  return count >= limits.missedCounted ? `at least ${count} due times` : `${count} due times`;
}

function freeName(schedule: Schedule, dueAt: number, { isTaken, random }: ScheduleContext): string {
  const name = jobName(schedule, dueAt);
  return isTaken(name) ? `${name}-${randomText(random, 4)}` : name;
}

/** Its tasks are stopped by the reconciler of jobs, in the same tick. */
function replacedBy({ jobId }: Job, name: string, now: number): Change {
  const reason = jobReason("replaced", `its schedule has started ${name} in its place`);
  return {
    ...{ type: "job.updated", id: jobId },
    set: { status: "failed", reason, nextAt: null, finishedAt: toTimestamp(now) },
  };
}

function outdated({ keep }: Schedule, jobs: readonly Job[]): JobId[] {
  const beyond = (status: Job["status"], count: number) =>
    jobs
      .filter((job) => job.status === status)
      .sort((left, right) => (left.finishedAt! + left.jobId < right.finishedAt! + right.jobId ? 1 : -1))
      .slice(count);
  return [...beyond("completed", keep.succeeded), ...beyond("failed", keep.failed)].map(({ jobId }) => jobId);
}
