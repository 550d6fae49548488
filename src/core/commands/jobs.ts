// The commands on jobs. Each changes only what is asked for; tasks are the reconciler's.

import { toTimestamp } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import type { Change } from "../../model/change.ts";
import { type JobId, newJobId } from "../../model/ids.ts";
import { hasEnded, type Job, type JobTemplate, jobDefaults, jobReason, type PackedJob } from "../../model/job/job.ts";
import type { ParsedJobInput } from "../../model/job/job-input.ts";
import type { JobUpdate } from "../../model/job/kind.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Schedule } from "../../model/schedule/schedule.ts";
import { specOfInput } from "../../model/task/input-spec.ts";
import { packSpec, unpackSpec } from "../../model/task/spec.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { checkContents } from "../state/contents.ts";
import { findJob } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { refuseCycle } from "./dependencies.ts";
import { removalChange } from "./task-requests.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Creates the job. The same input again changes nothing; until it has ended, a job takes another pace and other limits. */
export function decidePutJob(
  state: ClusterState,
  { input, by, mustBeNew = false, again = false, others }: CommandOf<"putJob">,
  context: DecisionContext,
): Outcome<Decision> {
  const refusal = refuseEndless(input) ?? refuseCycle(state, input, others);
  if (refusal) return refusal;
  const schedule = state.scheduleNamed(input.name);
  if (schedule) return takenBySchedule(schedule);
  const existing = state.jobNamed(input.name);
  const template = templateOf(state, input);
  // Each task gets the newest version of a config when it starts.
  const missing = checkContents(state, unpackSpec(template.spec));
  if (missing) return missing;
  if (existing === undefined) {
    const job = newJob(input.name, template, by, context);
    return ok({ changes: [{ type: "job.created", record: job }], granted: { jobId: job.jobId } });
  }
  if (again && hasEnded(existing)) {
    const job = newJob(input.name, template, by, context);
    const changes: Change[] = [...jobRemoval(state, existing.jobId), { type: "job.created", record: job }];
    return ok({ changes, granted: { jobId: job.jobId } });
  }
  if (mustBeNew) return nameTaken(existing);
  return changeJob(state, existing, input);
}

/** A job that starts with the tick which creates it. */
export function newJob(
  name: string,
  template: JobTemplate,
  by: string,
  { now, random }: { now: number; random: Random },
  schedule: PackedJob["schedule"] = null,
): PackedJob {
  const at = toTimestamp(now);
  return {
    ...{ jobId: newJobId(now, random), name, ...template, schedule, suspended: false },
    ...{ status: "waiting", reason: jobReason("created", "its first tasks start") },
    ...{ started: 0, succeeded: 0, failed: 0, failedInARow: 0, lastFailure: null, doneIndexes: "" },
    ...{ nextAt: null, createdAt: at, activeAt: at, finishedAt: null, by },
  };
}

/** What the input leaves out is as in `before`. */
export function templateOf(
  state: ClusterState,
  input: Omit<ParsedJobInput, "name">,
  before: Omit<JobTemplate, "spec"> = jobDefaults,
): JobTemplate {
  const { completions, parallelism, indexed, backoffLimit, activeDeadline, ttlAfterFinished, dependsOn, ...task } =
    input;
  const dependencies = dependsOn ?? before.dependsOn;
  return {
    spec: state.sharing.packed(packSpec(unpackSpec(specOfInput({ ...task, name: "" })))),
    completions: completions ?? before.completions,
    parallelism: parallelism ?? before.parallelism,
    indexed: indexed ?? before.indexed,
    backoffLimit: backoffLimit ?? before.backoffLimit,
    deadlineMs: activeDeadline === undefined ? before.deadlineMs : activeDeadline,
    ttlMs: ttlAfterFinished === undefined ? before.ttlMs : ttlAfterFinished,
    ...(dependencies === undefined ? {} : { dependsOn: dependencies }),
  };
}

/** The refusal of tasks that never end; null if they do. */
export function refuseEndless({ restartPolicy }: Pick<ParsedJobInput, "restartPolicy">): Outcome<never> | null {
  if (restartPolicy?.mode !== "always") return null;
  return refuse("unprocessable", "the tasks of a job must end, and the restart policy always starts them again", {
    hint: "Leave the restart policy out, or write on-failure. What runs all the time is a service: podling service create.",
    details: { field: "restartPolicy" },
  });
}

function takenBySchedule({ name, scheduleId }: Schedule): Outcome<never> {
  return refuse("name-taken", `there is a schedule ${name} already (${scheduleId})`, {
    hint: `Run a job of it now with: podling job trigger ${name}. Or choose another name.`,
    details: { scheduleId, name },
  });
}

function nameTaken({ name, jobId, status }: Job): Outcome<never> {
  const again = hasEnded({ status })
    ? `Remove it first (podling job rm ${name}), or run it in its place: podling job run --again ${name}.`
    : `Remove it first: podling job rm ${name}. Or choose another name.`;
  return refuse("name-taken", `there is a job ${name} already (${jobId}), which is ${status}`, {
    hint: again,
    details: { jobId, name, status },
  });
}

/** True where the input has what never changes in a job in another form. */
export function isOtherJob(state: ClusterState, job: Job, input: ParsedJobInput): boolean {
  const { spec, completions, indexed } = templateOf(state, input, job);
  return !same(unpackSpec(spec), job.spec) || completions !== job.completions || indexed !== job.indexed;
}

function changeJob(state: ClusterState, job: Job, input: ParsedJobInput): Outcome<Decision> {
  const { jobId, name } = job;
  const { spec: _, ...numbers } = templateOf(state, input, job);
  const set = Object.fromEntries(
    Object.entries(numbers).filter(([field, value]) => !same(value, job[field as keyof typeof numbers])),
  ) as JobUpdate;
  if (isOtherJob(state, job, input)) {
    const message = `there is a job ${name} already (${jobId}), whose template, completions and indexed never change`;
    return refuse("name-taken", message, {
      hint: `Remove it first: podling job rm ${name}. Or choose another name.`,
      details: { jobId, name },
    });
  }
  if (Object.keys(set).length === 0) return ok({ changes: [], granted: { jobId } });
  const late = hasEnded(job) ? lateChange(job, set) : null;
  return late ?? ok({ changes: [{ type: "job.updated", id: jobId, set }], granted: { jobId } });
}

/** What has no effect on a job that has ended: the field of the request, what it is, and the flag. */
const paceFields = {
  parallelism: ["parallelism", "parallelism", "--parallelism N"],
  backoffLimit: ["backoffLimit", "back-off limit", "--backoff-limit N"],
  deadlineMs: ["activeDeadline", "deadline", "--deadline TIME"],
} as const;

/** The refusal of a change that comes too late; null if there is none. The time to live counts after the end. */
function lateChange(job: Job, set: JobUpdate): Outcome<never> | null {
  const changed = Object.entries(paceFields).find(([field]) => set[field as keyof typeof paceFields] !== undefined);
  if (changed === undefined) return null;
  const [, [field, what, flag]] = changed;
  const { jobId, name, status } = job;
  const message = `the job ${name} is ${status} and starts no task any more: its ${what} has no effect`;
  return refuse("unprocessable", message, {
    hint: `Only its time to live still changes (--ttl). To run it again: ${runAgain(job)} ${flag}`,
    details: { jobId, status, field },
  });
}

/** What to type; the program of the containers is left to the user. */
function runAgain({ name, spec }: Job): string {
  return `podling job run --again ${name} --image ${spec.containers[0]!.image}`;
}

/** Its deadline counts from the start again when it is resumed. */
export function decideSuspendJob(
  state: ClusterState,
  { jobId, suspended }: CommandOf<"suspendJob">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findJob(state, jobId);
  if (!found.ok) return found;
  const job = found.value;
  if (hasEnded(job)) {
    return refuse("unprocessable", `the job ${job.name} is ${job.status}: nothing of it runs`, {
      hint: `Run it again with: ${runAgain(job)}`,
      details: { jobId, status: job.status },
    });
  }
  if (job.suspended === suspended) return ok({ changes: [], granted: { jobId } });
  const set: JobUpdate = suspended
    ? { ...{ suspended, status: "suspended", activeAt: null, nextAt: null }, reason: suspendedReason }
    : {
        ...{ suspended, status: "waiting", activeAt: toTimestamp(now) },
        reason: jobReason("starting", "resumed; its tasks start"),
      };
  return ok({ changes: [{ type: "job.updated", id: jobId, set }], granted: { jobId } });
}

const suspendedReason = jobReason("suspended", "suspended by a user; its tasks were stopped");

/** Stops and removes its tasks with it. */
export function decideRemoveJob(state: ClusterState, { jobId }: CommandOf<"removeJob">): Outcome<Decision> {
  const found = findJob(state, jobId);
  if (!found.ok) return found;
  return ok({ changes: jobRemoval(state, jobId), granted: { jobId } });
}

/** Removes the job with its tasks, also those that have ended. */
export function jobRemoval(state: ClusterState, jobId: JobId): Change[] {
  const tasks = [...state.jobTasks.allOf(jobId)].sort().map((taskId) => state.task(taskId));
  return [...tasks.map(removalChange), { type: "job.removed", id: jobId }];
}
