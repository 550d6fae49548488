// A job: tasks that run to their end until enough of them have succeeded. Its tasks are made and stopped by the reconciler of
// jobs alone; the command that ends a task counts it, in the same batch.

import type { z } from "zod";
import { doubled } from "../../lib/doubled.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { JobId } from "../ids.ts";
import { limits } from "../limits.ts";
import { type PackedSpec, packSpec, type TaskSpec } from "../task/spec.ts";
import type * as schema from "./schema.ts";

type JobRecord = DeepReadonly<z.output<typeof schema.jobRecord>>;

export interface Job extends Omit<JobRecord, "spec"> {
  readonly jobId: JobId;
  readonly spec: TaskSpec;
}

export interface PackedJob extends Omit<JobRecord, "spec"> {
  readonly jobId: JobId;
  readonly spec: PackedSpec;
}

export type JobReason = Job["reason"];
export type JobStatus = Job["status"];

/** What a job is made from, beside its name. */
export type JobTemplate = Pick<
  PackedJob,
  "spec" | "completions" | "parallelism" | "indexed" | "backoffLimit" | "deadlineMs" | "ttlMs" | "dependsOn"
>;

export const jobDefaults = Object.freeze({
  completions: 1,
  parallelism: 1,
  indexed: false,
  backoffLimit: 6,
  deadlineMs: null,
  ttlMs: null,
} satisfies Omit<JobTemplate, "spec">);

/** The environment variable that has the index of a task. */
export const indexVariable = "PODLING_JOB_INDEX";

export function packJob({ spec, ...job }: Job): PackedJob {
  return { ...job, spec: packSpec(spec) };
}

export function jobReason(code: JobReason["code"], message: string): JobReason {
  return { code, message };
}

/** True for completed and failed: no task of it is started any more. */
export function hasEnded({ status }: Pick<Job, "status">): boolean {
  return status === "completed" || status === "failed";
}

/** How many of its tasks should run now. */
export function wantedTasks({ parallelism, completions, succeeded }: Job): number {
  return Math.min(parallelism, completions - succeeded);
}

/** The pause after so many failed tasks in a row: 1 s, 2 s, 4 s, ... up to six minutes. */
export function jobBackoffMs(failedInARow: number): number {
  return failedInARow === 0 ? 0 : doubled(limits.jobBackoffInitialMs, failedInARow - 1, limits.jobBackoffMaxMs);
}
