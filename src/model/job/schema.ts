// The schemas of jobs: the check of records that come from outside, and the API description. A description stands for the
// comment: openapi.json shows it.

import { z } from "zod";
import { dependsOn, waitsFor } from "../dependency/schema.ts";
import { timeText } from "../fields.ts";
import { packedSpec } from "../task/schema.ts";

const text = z.string();
const flag = z.boolean();
const count = z.int().min(0);
const ms = z.number().min(0);

export const jobStatuses = ["waiting", "running", "suspended", "completed", "failed"] as const;
export const jobReasons = [
  "created", //             nothing was decided yet
  "starting", //            its first tasks wait for their start
  "waiting-for-dependency", // what it depends on is not there yet
  "no-capacity", //         no node has free capacity for its tasks
  "running",
  "back-off", //            a task failed, and the next one starts after a pause
  "suspended",
  "completed",
  "backoff-limit", //       more tasks failed than it may bear
  "deadline-exceeded", //   it took longer than its deadline
  "replaced", //            its schedule has started the next one
] as const;

/** What a job is made from. */
export const jobTemplate = {
  spec: packedSpec.describe("The template of its tasks, without the fields that hold the default."),
  completions: z.int().min(1).describe("How many of its tasks must succeed."),
  parallelism: z.int().min(1).describe("How many of its tasks run at once, at most."),
  indexed: flag.describe("True when each task has an index from 0 to completions - 1, in PODLING_JOB_INDEX."),
  backoffLimit: count.describe("How many tasks may fail; one more ends the job as failed."),
  deadlineMs: ms.nullable().describe("How long the job may take in all, in ms; null: as long as it needs."),
  ttlMs: ms.nullable().describe("How long it is kept after its end, in ms; null: until it is removed."),
  dependsOn,
};

export const jobRecord = z.object({
  jobId: text.describe("Unique; never used again."),
  name: text.describe("Unique among jobs."),
  ...jobTemplate,
  schedule: z
    .object({
      scheduleId: text.describe("The schedule."),
      dueAt: timeText.nullable().describe("The due time that it was started for; null: a user has triggered it."),
    })
    .nullable()
    .describe("The schedule that has started it; null: none has."),
  suspended: flag.describe("True when a user has suspended it: no task of it runs."),
  status: z.enum(jobStatuses).describe("How far the job is. A completed or failed one never changes."),
  reason: z
    .object({ code: z.enum(jobReasons).describe("For programs."), message: text.describe("For people.") })
    .describe("Why the job has its status."),
  waitsFor,
  started: count.describe("Tasks that were started so far."),
  succeeded: count.describe("Tasks that ended with success."),
  failed: count.describe("Tasks that failed. One whose node was lost, or that a user stopped, does not count."),
  failedInARow: count.describe("Tasks that failed since the last one that succeeded."),
  lastFailure: text.nullable().describe("The task that failed last, and why; null: none has."),
  doneIndexes: text.describe("The indexes that succeeded, as ranges such as 0-41,44; empty if the job is not indexed."),
  nextAt: timeText.nullable().describe("No task is started before this time, because one failed; null: at once."),
  createdAt: timeText.describe("By the master's clock."),
  activeAt: timeText.nullable().describe("Since when its deadline counts; null while it is suspended."),
  finishedAt: timeText.nullable().describe("When it was completed or failed; null until then."),
  by: text.describe("Who asked for it, as declared."),
});
