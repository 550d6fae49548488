// The input for a job: the template of its tasks, how many of them must succeed, and when it is given up.

import type { z } from "zod";
import { dependsOnField } from "../dependency/dependency-input.ts";
import { flag, integer, name, timeSpan } from "../fields.ts";
import { limits } from "../limits.ts";
import { taskInput } from "../task/task-input.ts";

const time = timeSpan(1, limits.jobMs);
const kept = timeSpan(0, limits.jobMs, "0s or 1h");

/** The tasks of a job are named backup.1, backup.2, ...: their names must not become too long. */
export const jobNameLength = limits.nameLength - `.${limits.jobCompletions}`.length;

/** What a job is made from, beside the template of its tasks. What is left out has its default. */
export const jobFields = {
  completions: integer(1, limits.jobCompletions).optional().describe("How many tasks must succeed. Default: 1."),
  parallelism: integer(1, limits.jobParallelism).optional().describe("How many run at once, at most. Default: 1."),
  indexed: flag
    .optional()
    .describe("True: each task has an index from 0, in the variable PODLING_JOB_INDEX. Default: false."),
  backoffLimit: integer(0, limits.jobBackoffLimit)
    .optional()
    .describe("How many tasks may fail; one more ends the job as failed. Default: 6."),
  activeDeadline: time
    .nullable()
    .optional()
    .describe("How long the job may take, in ms or as 30m; then it has failed. Default: no limit."),
  ttlAfterFinished: kept
    .nullable()
    .optional()
    .describe("How long it is kept after its end, in ms or as 1h. Default: until it is removed."),
  dependsOn: dependsOnField,
};

export const jobInput = taskInput
  .safeExtend({
    name: name
      .max(jobNameLength, {
        error: `a name of at most ${jobNameLength} characters, because the names of its tasks are longer`,
      })
      .describe("Unique among jobs and schedules. Its tasks are named NAME.1, NAME.2 and so on."),
    ...jobFields,
  })
  .meta({
    description: "A job: tasks that run to their end. Only name and image are required.",
    examples: [{ name: "import", image: "alpine:3.20", args: ["sh", "-c", "echo part $PODLING_JOB_INDEX"] }],
  });

/** Validated and normalised; what was left out is still left out. */
export type ParsedJobInput = z.output<typeof jobInput>;
