// The record kind of jobs.

import { assert } from "../../lib/assert.ts";
import type { JobId } from "../ids.ts";
import type { StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { templatedKind } from "../task/templated-kind.ts";
import { hasEnded, type Job, type PackedJob, packJob } from "./job.ts";
import type { JobUse, JobView } from "./view.ts";

export type JobUpdate = Partial<Omit<Job, "jobId" | "name" | "spec" | "createdAt" | "by">>;

export const jobKind = templatedKind<
  JobId,
  Job,
  PackedJob,
  JobUpdate,
  "jobs",
  StreamForm<Job, JobView, "jobId" | "name", never, keyof JobUse>
>({
  plural: "jobs",
  position: 5,
  idOf: ({ jobId }) => jobId,
  pack: packJob,
  merge: (packed, set) => ({ ...packed, ...set }),
  summary: (job) => ({ name: job.name, status: job.status, live: !hasEnded(job) && !job.suspended }),
  stream: { removedFields: ["jobId", "name"], masterFields: ["active"] },
  assertTransition(before, after) {
    if (hasEnded(before)) assert(after.status === before.status, `job ${before.jobId} has ended`);
  },
  loadSchema: async () => (await import("./schema.ts")).jobRecord,
  loadViewSchema: async () => (await import("./view-schema.ts")).jobView,
  limit: limits.jobs,
  whenFull: (count) => ({
    message: `the cluster holds ${count} jobs, which is its limit`,
    hint: "Remove jobs that are no longer needed (podling job rm), or give them a time to live (--ttl).",
  }),
  retention: "until it is removed, or its time to live is over",
});
