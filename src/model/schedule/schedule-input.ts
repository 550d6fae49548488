// The input for a schedule: that of the job which it starts, and when.

import type { z } from "zod";
import { choice, freeText, integer, name, timeSpan } from "../fields.ts";
import { jobFields, jobNameLength } from "../job/job-input.ts";
import { limits } from "../limits.ts";
import { taskInput } from "../task/task-input.ts";
import { concurrencies } from "./schema.ts";

/** The jobs of a schedule are named nightly-20250119030000, and one that a user triggers has four characters more. */
const nameLength = jobNameLength - "-20250119030000-abcd".length;
const cronExpected = 'a cron expression such as "0 3 * * *" (each day at 3:00)';
const timezoneExpected = "a time zone such as UTC or Europe/Berlin";
const time = timeSpan(0, limits.jobMs);
const kept = integer(0, limits.scheduleKept).optional();

/** When a job is started, beside what it is. */
export const timingFields = {
  cron: freeText(limits.cronLength, cronExpected)
    .min(1, { error: cronExpected })
    .describe("Minute, hour, day of the month, month, day of the week. Six fields begin with seconds; or @daily."),
  timezone: freeText(64, timezoneExpected)
    .min(1, { error: timezoneExpected })
    .optional()
    .describe("The zone whose clock the expression is about, such as Europe/Berlin. Default: UTC."),
  concurrency: choice(concurrencies)
    .optional()
    .describe("What a due time does while a job of the schedule runs. Default: forbid, it is skipped."),
  startDeadline: time
    .nullable()
    .optional()
    .describe("A due time that is noticed later than this starts no job, in ms or as 10m. Default: it always does."),
  keepSucceeded: kept.describe("How many completed jobs are kept. Default: 3."),
  keepFailed: kept.describe("How many failed jobs are kept. Default: 1."),
};

export const scheduleInput = taskInput
  .safeExtend({
    name: name
      .max(nameLength, {
        error: `a name of at most ${nameLength} characters, because the names of its jobs are longer`,
      })
      .describe("Unique among jobs and schedules. Its jobs are named NAME-20250119030000, by their due time in UTC."),
    ...jobFields,
    ...timingFields,
  })
  .meta({
    description: "A schedule: a job, and when it is started. Only name, image and cron are required.",
    examples: [{ name: "nightly", image: "backup:3", cron: "0 3 * * *", timezone: "Europe/Berlin" }],
  });

/** Validated and normalised; what was left out is still left out. */
export type ParsedScheduleInput = z.output<typeof scheduleInput>;
