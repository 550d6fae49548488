// The commands on schedules. Each changes only what is asked for; the jobs of due times are the reconciler's.

import { toTimestamp } from "../../lib/clock.ts";
import { cronMistake } from "../../lib/cron.ts";
import { randomText } from "../../lib/random.ts";
import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import type { Change } from "../../model/change.ts";
import { newScheduleId } from "../../model/ids.ts";
import { jobDefaults } from "../../model/job/job.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { ScheduleUpdate } from "../../model/schedule/kind.ts";
import {
  jobName,
  jobTemplateOf,
  type PackedSchedule,
  packSchedule,
  type Schedule,
  scheduleReason,
  type Timing,
  timingDefaults,
} from "../../model/schedule/schedule.ts";
import type { ParsedScheduleInput } from "../../model/schedule/schedule-input.ts";
import { unpackSpec } from "../../model/task/spec.ts";
import { nextUnhandled } from "../reconcile/schedule/next-due.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { checkContents } from "../state/contents.ts";
import { findSchedule } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { refuseCycle } from "./dependencies.ts";
import { jobRemoval, newJob, refuseEndless, templateOf } from "./jobs.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Makes the schedule what the input says. The same input again changes nothing. */
export function decidePutSchedule(
  state: ClusterState,
  { input, by, mustBeNew = false, others }: CommandOf<"putSchedule">,
  context: DecisionContext,
): Outcome<Decision> {
  const existing = state.scheduleNamed(input.name);
  const timing = timingOf(input, existing ?? timingDefaults);
  const refusal = refuseEndless(input) ?? refuseMistake(timing) ?? refuseCycle(state, input, others);
  if (refusal) return refusal;
  // Each task gets the newest version of a config when it starts.
  const missing = checkContents(state, unpackSpec(templateOf(state, jobInputOf(input), existing).spec));
  if (missing) return missing;
  if (existing === undefined) return createSchedule(state, input, timing, by, context);
  if (mustBeNew) return nameTaken("schedule", input.name, existing.scheduleId);
  return changeSchedule(state, existing, input, timing, context);
}

function createSchedule(
  state: ClusterState,
  input: ParsedScheduleInput,
  timing: Timing,
  by: string,
  { now, random }: DecisionContext,
): Outcome<Decision> {
  const job = state.jobNamed(input.name);
  if (job) return nameTaken("job", input.name, job.jobId);
  const scheduleId = newScheduleId(now, random);
  const createdAt = toTimestamp(now);
  const next = nextOf({ ...timing, lastDueAt: null, createdAt }, now);
  const record: PackedSchedule = {
    ...{ scheduleId, name: input.name, ...timing, ...templateOf(state, jobInputOf(input), jobDefaults) },
    ...{ suspended: false, lastDueAt: null, ...next, lastJobId: null, missed: 0, createdAt, by },
  };
  return ok({ changes: [{ type: "schedule.created", record }], granted: { scheduleId } });
}

/** Other jobs are made from then on; those that run go on as they are. */
function changeSchedule(
  state: ClusterState,
  schedule: Schedule,
  input: ParsedScheduleInput,
  timing: Timing,
  { now }: DecisionContext,
): Outcome<Decision> {
  const { scheduleId } = schedule;
  const before = packSchedule(schedule);
  const wanted = { ...timing, ...templateOf(state, jobInputOf(input), schedule) };
  const changed = Object.entries(wanted).filter(([field, value]) => !same(value, before[field as keyof typeof before]));
  const set: ScheduleUpdate = Object.fromEntries(changed);
  const isOtherTime = set.cron !== undefined || set.timezone !== undefined;
  if (isOtherTime && !schedule.suspended) Object.assign(set, nextOf({ ...schedule, ...timing }, now));
  if (changed.length === 0) return ok({ changes: [], granted: { scheduleId } });
  return ok({ changes: [{ type: "schedule.updated", id: scheduleId, set }], granted: { scheduleId } });
}

/** What the input leaves out is as in `before`. */
function timingOf(input: ParsedScheduleInput, before: Omit<Timing, "cron">): Timing {
  const { cron, timezone, concurrency, startDeadline, keepSucceeded, keepFailed } = input;
  return {
    cron,
    timezone: timezone ?? before.timezone,
    concurrency: concurrency ?? before.concurrency,
    startDeadlineMs: startDeadline === undefined ? before.startDeadlineMs : startDeadline,
    keep: { succeeded: keepSucceeded ?? before.keep.succeeded, failed: keepFailed ?? before.keep.failed },
  };
}

function jobInputOf(input: ParsedScheduleInput) {
  const { cron: _, timezone: __, concurrency: ___, startDeadline: ____, keepSucceeded, keepFailed, ...job } = input;
  return job;
}

function nextOf(
  schedule: Parameters<typeof nextUnhandled>[0],
  now: number,
): Pick<PackedSchedule, "nextDueAt" | "reason"> {
  const next = nextUnhandled(schedule, now);
  if (next === null)
    return { nextDueAt: null, reason: scheduleReason("never-due", `${schedule.cron} is not due any more`) };
  const nextDueAt = toTimestamp(next);
  return { nextDueAt, reason: scheduleReason("waiting", `${nextDueAt} starts its next job`) };
}

function refuseMistake({ cron, timezone }: Timing): Outcome<never> | null {
  const mistake = cronMistake(cron, timezone);
  if (mistake === null) return null;
  const { field, message } = mistake;
  const hint =
    field === "cron"
      ? 'Write minute, hour, day of the month, month and day of the week: "0 3 * * *" is each day at 3:00.'
      : "Write a name of the IANA list, such as Europe/Berlin, America/New_York or UTC.";
  return refuse("unprocessable", `${field}: ${message}`, { hint, details: { field } });
}

function nameTaken(kind: string, name: string, id: string): Outcome<never> {
  const put = kind === "schedule" ? ` Change it with: podling job update ${name}.` : "";
  return refuse("name-taken", `there is a ${kind} ${name} already (${id})`, {
    hint: `Remove it first (podling job rm ${name}), or choose another name.${put}`,
    details: { name, id },
  });
}

/** What was due while it was suspended is not made up for. */
export function decideSuspendSchedule(
  state: ClusterState,
  { scheduleId, suspended }: CommandOf<"suspendSchedule">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findSchedule(state, scheduleId);
  if (!found.ok) return found;
  const schedule = found.value;
  if (schedule.suspended === suspended) return ok({ changes: [], granted: { scheduleId } });
  const reason = scheduleReason("suspended", "suspended by a user; it starts no job");
  const set: ScheduleUpdate = suspended
    ? { suspended, nextDueAt: null, reason }
    : { suspended, ...nextOf(schedule, now) };
  return ok({ changes: [{ type: "schedule.updated", id: scheduleId, set }], granted: { scheduleId } });
}

/** Starts a job now, whatever else runs; also of a suspended schedule. */
export function decideTriggerSchedule(
  state: ClusterState,
  { scheduleId, by }: CommandOf<"triggerSchedule">,
  context: DecisionContext,
): Outcome<Decision> {
  const found = findSchedule(state, scheduleId);
  if (!found.ok) return found;
  const schedule = found.value;
  const name = `${jobName(schedule, context.now)}-${randomText(context.random, 4)}`;
  const job = newJob(name, jobTemplateOf(schedule), by, context, { scheduleId, dueAt: null });
  const changes: Change[] = [
    { type: "job.created", record: job },
    { type: "schedule.updated", id: scheduleId, set: { lastJobId: job.jobId } },
  ];
  return ok({ changes, granted: { jobId: job.jobId } });
}

/** Its jobs are removed with it, and their tasks are stopped. */
export function decideRemoveSchedule(
  state: ClusterState,
  { scheduleId }: CommandOf<"removeSchedule">,
): Outcome<Decision> {
  const found = findSchedule(state, scheduleId);
  if (!found.ok) return found;
  const jobs = [...state.scheduleJobs.of(scheduleId)].sort();
  const changes: Change[] = [
    ...jobs.flatMap((jobId) => jobRemoval(state, jobId)),
    { type: "schedule.removed", id: scheduleId },
  ];
  return ok({ changes, granted: { scheduleId } });
}
