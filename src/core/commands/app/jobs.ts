// A job of an app. It runs once for each template: one that has changed takes the place of the job that is there.

import { ok } from "../../../lib/result.ts";
import { same } from "../../../lib/same.ts";
import { hasEnded, type Job } from "../../../model/job/job.ts";
import type { ParsedJobInput } from "../../../model/job/job-input.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Dependencies } from "../dependencies.ts";
import { decidePutJob, isOtherJob, jobRemoval } from "../jobs.ts";
import type { AppRun, Part } from "./parts.ts";

/** `earlier`: the jobs of the revision before. `others`: by name, what is put with it and may depend on others. */
export function* putJob(
  run: AppRun,
  input: ParsedJobInput,
  earlier: readonly ParsedJobInput[],
  by: string,
  others: ReadonlyMap<string, Dependencies>,
): Part {
  const { state, context } = run;
  const { name } = input;
  const member = { kind: "job", name } as const;
  const existing = state.jobNamed(name);
  if (existing === undefined && isOver(input, earlier)) return ok(null);
  if (existing === undefined || !mustRunAgain(state, existing, input)) {
    const asked = existing && hasEnded(existing) ? withPaceOf(existing, input) : input;
    const decision = decidePutJob(state, { type: "putJob", input: asked, by, others }, context);
    return yield* run.put(member, existing !== undefined, decision);
  }
  yield jobRemoval(state, existing.jobId);
  const made = yield* run.put(member, true, decidePutJob(state, { type: "putJob", input, by, others }, context));
  return made;
}

/** True for a job that has run, and that may be gone because its time to live is over. */
function isOver(input: ParsedJobInput, earlier: readonly ParsedJobInput[]): boolean {
  return typeof input.ttlAfterFinished === "number" && earlier.some((one) => same(one, input));
}

/** True where the job that is there can never become what the input says. */
function mustRunAgain(state: ClusterState, job: Job, input: ParsedJobInput): boolean {
  if (isOtherJob(state, job, input)) return true;
  return job.status === "failed" && !same({ ...input, ...paceOf(job) }, input);
}

/** What has no effect on a job that has ended. */
function withPaceOf(job: Job, input: ParsedJobInput): ParsedJobInput {
  return { ...input, ...paceOf(job) };
}

function paceOf({ parallelism, backoffLimit, deadlineMs }: Job) {
  return { parallelism, backoffLimit, activeDeadline: deadlineMs };
}
