// A schedule: starts a job at each due time of a cron expression. What the expression says is computed once, and recorded as the
// next due time; reading the log needs no time-zone data.

import type { z } from "zod";
import { toTimestamp } from "../../lib/clock.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { ScheduleId } from "../ids.ts";
import type { JobTemplate } from "../job/job.ts";
import { type PackedSpec, packSpec, type TaskSpec } from "../task/spec.ts";
import type * as schema from "./schema.ts";

type ScheduleRecord = DeepReadonly<z.output<typeof schema.scheduleRecord>>;

export interface Schedule extends Omit<ScheduleRecord, "spec"> {
  readonly scheduleId: ScheduleId;
  readonly spec: TaskSpec;
}

export interface PackedSchedule extends Omit<ScheduleRecord, "spec"> {
  readonly scheduleId: ScheduleId;
  readonly spec: PackedSpec;
}

export type ScheduleReason = Schedule["reason"];
/** What is asked for beside the job that it starts. */
export type Timing = Pick<Schedule, "cron" | "timezone" | "concurrency" | "startDeadlineMs" | "keep">;

export const timingDefaults = Object.freeze({
  timezone: "UTC",
  concurrency: "forbid",
  startDeadlineMs: null,
  keep: Object.freeze({ succeeded: 3, failed: 1 }),
} satisfies Omit<Timing, "cron">);

export function packSchedule({ spec, ...schedule }: Schedule): PackedSchedule {
  return { ...schedule, spec: packSpec(spec) };
}

export function scheduleReason(code: ScheduleReason["code"], message: string): ScheduleReason {
  return { code, message };
}

/** What its jobs are made from. */
export function jobTemplateOf(schedule: Schedule): JobTemplate {
  const { completions, parallelism, indexed, backoffLimit, deadlineMs, ttlMs, dependsOn } = schedule;
  return {
    ...{ spec: packSpec(schedule.spec), completions, parallelism, indexed, backoffLimit, deadlineMs, ttlMs },
    ...(dependsOn === undefined ? {} : { dependsOn }),
  };
}

/** The name of the job of a due time, by the second in UTC: `nightly-20250119030000`. */
export function jobName({ name }: Pick<Schedule, "name">, dueMs: number): string {
  return `${name}-${toTimestamp(dueMs).replace(/\D/g, "").slice(0, 14)}`;
}
