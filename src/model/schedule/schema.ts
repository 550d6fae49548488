// The schemas of schedules: the check of records that come from outside, and the API description. A description stands for the
// comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { jobTemplate } from "../job/schema.ts";

const text = z.string();
const count = z.int().min(0);

export const concurrencies = ["allow", "forbid", "replace"] as const;
export const scheduleReasons = [
  "waiting", //    for its next due time
  "started", //    its newest due time has started a job
  "skipped", //    a job of it still ran
  "missed", //     the master was down, and the start deadline was over
  "full", //       the cluster held as many jobs as it may
  "suspended",
  "never-due", //  its expression has no further due time
] as const;

export const scheduleRecord = z.object({
  scheduleId: text.describe("Unique; never used again."),
  name: text.describe("Unique among schedules and jobs."),
  cron: text.describe("Minute, hour, day of the month, month and day of the week; or six fields, with seconds first."),
  timezone: text.describe("The zone whose clock the expression is about, such as Europe/Berlin."),
  concurrency: z
    .enum(concurrencies)
    .describe("What a due time does while a job of the schedule runs: start another one, nothing, or replace it."),
  startDeadlineMs: z
    .number()
    .min(0)
    .nullable()
    .describe("A due time that is noticed later than this starts no job, in ms; null: it always does."),
  keep: z
    .object({
      succeeded: count.describe("Jobs that were completed."),
      failed: count.describe("Jobs that have failed."),
    })
    .describe("How many finished jobs are kept."),
  ...jobTemplate,
  suspended: z.boolean().describe("True when a user has suspended it: it starts no job."),
  lastDueAt: timeText.nullable().describe("The newest due time that was handled; null: none yet. It never goes back."),
  unstarted: z
    .object({ from: timeText.describe("Part of it."), to: timeText.describe("Not part of it.") })
    .optional()
    .describe(
      "A time in which no due time has started a job, because the clock went over it; if the clock is set back, they start theirs. Left out: the time before createdAt.",
    ),
  nextDueAt: timeText.nullable().describe("The next due time; null: suspended, or there is none."),
  lastJobId: text.nullable().describe("The job that it started last; null: none yet. It may be removed."),
  missed: count.describe("Due times that started no job: after a downtime, or because another job ran."),
  createdAt: timeText.describe("By the master's clock."),
  by: text.describe("Who asked for it, as declared."),
  reason: z
    .object({ code: z.enum(scheduleReasons).describe("For programs."), message: text.describe("For people.") })
    .describe("What its last due time did."),
});
