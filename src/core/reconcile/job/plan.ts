// What a job needs next, as a pure function of its records and the time: tasks to start and to stop, and its status. The counts
// are in the record already: the command that ends a task counts it.

import { assert } from "../../../lib/assert.ts";
import { endOfPause, fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import type { Random } from "../../../lib/random.ts";
import type { Change } from "../../../model/change.ts";
import { nextTaskId, type TaskId } from "../../../model/ids.ts";
import { hasEnded, indexVariable, type Job, type JobReason, jobReason, wantedTasks } from "../../../model/job/job.ts";
import type { JobUpdate } from "../../../model/job/kind.ts";
import { missing } from "../../../model/job/ranges.ts";
import { limits } from "../../../model/limits.ts";
import { waitsForDependency } from "../../../model/task/reason.ts";
import { type PackedSpec, packSpec } from "../../../model/task/spec.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import { stopChange } from "../../commands/task-requests.ts";

export interface JobContext {
  /** ms since the epoch. */
  now: number;
  revision: number;
  random: Random;
  lastTaskId: TaskId | null;
  /** How many more tasks may wait in the cluster. */
  maxNewTasks: number;
}

export interface JobRecords {
  job: Job;
  /** Unfinished ones, and lost ones that nothing has replaced; by id. */
  tasks: readonly Task[];
}

export interface JobPlan {
  /** Empty: nothing to do now. */
  changes: Change[];
  /** When there may be something to do without a change of the records; null: never. */
  dueAt: number | null;
  /** True when its time to live is over: it is removed with its tasks. */
  expired: boolean;
}

export function planJob(records: JobRecords, context: JobContext): JobPlan {
  return new Planner(records, context).plan();
}

/** How soon a job is looked at again that could not start a task because the cluster is full. */
const fullMs = 1_000;

class Planner {
  readonly #job: Job;
  readonly #context: JobContext;
  /** Wanted, and not finished. */
  readonly #active: readonly Task[];
  /** Asked to stop, and not finished. */
  readonly #stopping: readonly Task[];
  readonly #lost: Task[];
  readonly #changes: Change[] = [];
  #set: JobUpdate = {};
  #dueAt: number | null = null;

  constructor({ job, tasks }: JobRecords, context: JobContext) {
    this.#job = job;
    this.#context = context;
    const unfinished = tasks.filter((task) => !hasFinished(task));
    this.#active = unfinished.filter(({ desired }) => desired === "running");
    this.#stopping = unfinished.filter(({ desired }) => desired !== "running");
    this.#lost = tasks.filter(hasFinished);
  }

  plan(): JobPlan {
    const job = this.#job;
    if (hasEnded(job)) return this.#afterEnd();
    const over = this.#over();
    if (over) return this.#finish(over);
    if (job.suspended) {
      for (const task of this.#active) this.#changes.push(stopChange(task, this.#context));
      return this.#end();
    }
    const wanted = wantedTasks(job);
    const surplus = [...this.#active].reverse().slice(0, Math.max(0, this.#active.length - wanted));
    for (const task of surplus) this.#changes.push(stopChange(task, this.#context));
    const started = this.#start(wanted - this.#active.length);
    const active = this.#active.length - surplus.length + started;
    assert(active <= Math.max(0, wanted), `job ${job.name} would have ${active} tasks, and may have ${wanted}`);
    this.#state(started);
    return this.#end();
  }

  #end(expired = false): JobPlan {
    if (Object.keys(this.#set).length > 0)
      this.#changes.unshift({ type: "job.updated", id: this.#job.jobId, set: this.#set });
    return { changes: this.#changes, dueAt: this.#dueAt, expired };
  }

  #wakeAt(at: number): void {
    if (this.#dueAt === null || at < this.#dueAt) this.#dueAt = at;
  }

  #afterEnd(): JobPlan {
    for (const task of this.#active) this.#changes.push(stopChange(task, this.#context));
    const { ttlMs, finishedAt } = this.#job;
    if (ttlMs === null) return this.#end();
    const at = fromTimestamp(finishedAt!) + ttlMs;
    if (at <= this.#context.now) return this.#end(true);
    this.#wakeAt(at);
    return this.#end();
  }

  /** Why it has ended; null: it has not. */
  #over(): JobReason | null {
    const { completions, succeeded, failed, backoffLimit, lastFailure, deadlineMs, activeAt } = this.#job;
    if (succeeded >= completions)
      return jobReason("completed", completions === 1 ? "its task succeeded" : `all ${completions} tasks succeeded`);
    if (failed > backoffLimit) {
      const count = failed === 1 ? "1 task failed" : `${failed} tasks failed`;
      return jobReason("backoff-limit", `${lastFailure}; ${count}, and ${backoffLimit} may`);
    }
    if (deadlineMs === null || activeAt === null) return null;
    const deadline = fromTimestamp(activeAt) + deadlineMs;
    if (deadline <= this.#context.now)
      return jobReason("deadline-exceeded", `not done within ${deadlineMs / 1000} s, which is its deadline`);
    this.#wakeAt(deadline);
    return null;
  }

  #finish(reason: JobReason): JobPlan {
    const { now } = this.#context;
    this.#dueAt = null;
    for (const task of this.#active) this.#changes.push(stopChange(task, this.#context));
    const status = reason.code === "completed" ? "completed" : "failed";
    this.#set = { status, reason, nextAt: null, finishedAt: toTimestamp(now) };
    if (this.#job.ttlMs !== null) this.#wakeAt(now + this.#job.ttlMs);
    return this.#end();
  }

  /** Starts up to so many tasks, and returns how many it has started. */
  #start(wanted: number): number {
    if (wanted <= 0) return 0;
    const job = this.#job;
    const { now, maxNewTasks } = this.#context;
    const nextAt = job.nextAt === null ? 0 : endOfPause(fromTimestamp(job.nextAt), limits.jobBackoffMaxMs, now);
    if (nextAt > now) {
      this.#wakeAt(nextAt);
      return 0;
    }
    const most = Math.min(wanted, maxNewTasks, limits.tasksPerLook);
    if (most < wanted) this.#wakeAt(maxNewTasks > most ? now : now + fullMs);
    const indexes = job.indexed ? missing(job.doneIndexes, this.#takenIndexes(), job.completions, most) : null;
    const count = indexes === null ? most : indexes.length;
    let lastTaskId = this.#context.lastTaskId;
    for (let at = 0; at < count; at++) {
      const taskId = nextTaskId(lastTaskId, now, this.#context.random);
      lastTaskId = taskId;
      this.#create(taskId, indexes === null ? null : indexes[at]!, job.started + at + 1);
    }
    if (count > 0) this.#set = { ...this.#set, started: job.started + count };
    return count;
  }

  /** Also those of tasks that are being stopped: two tasks of one index never run at once. */
  #takenIndexes(): ReadonlySet<number> {
    return new Set([...this.#active, ...this.#stopping].map(({ owner }) => Number(owner!.slot)));
  }

  #create(taskId: TaskId, index: number | null, number: number): void {
    const { jobId, name, spec } = this.#job;
    const owner = { kind: "job", id: jobId, ...(index === null ? {} : { slot: String(index) }) };
    const lost = this.#takeLost(index);
    this.#changes.push({
      type: "task.created",
      record: {
        ...{ taskId, name: `${name}.${index ?? number}`, createdAt: toTimestamp(this.#context.now), owner },
        spec: index === null ? packSpec(spec) : withIndex(packSpec(spec), index),
        ...(lost ? { replaces: lost.taskId } : {}),
      },
    });
    if (lost) this.#changes.push({ type: "task.updated", id: lost.taskId, set: { replacedBy: taskId } });
  }

  #takeLost(index: number | null): Task | undefined {
    const at = this.#lost.findIndex(({ owner }) => index === null || owner!.slot === String(index));
    return at < 0 ? undefined : this.#lost.splice(at, 1)[0];
  }

  #state(started: number): void {
    const [status, reason] = this.#stateNow(started);
    const { status: before, reason: stated } = this.#job;
    if (status === before && reason.code === stated.code && reason.message === stated.message) return;
    this.#set = { ...this.#set, status, reason };
  }

  #stateNow(started: number): ["waiting" | "running", JobReason] {
    const job = this.#job;
    const active = this.#active;
    if (active.some(({ observed }) => observed.status === "running")) return ["running", runningReason];
    const dependent = active.find(({ observed }) => waitsForDependency(observed.reason));
    if (dependent) return ["waiting", jobReason("waiting-for-dependency", dependent.observed.reason.message)];
    const waiting = active.find(({ observed }) => waitsForCapacity(observed.reason.code));
    if (waiting) return ["waiting", jobReason("no-capacity", waiting.observed.reason.message)];
    if (active.length + started === 0) {
      if (job.nextAt !== null && fromTimestamp(job.nextAt) > this.#context.now)
        return ["waiting", jobReason("back-off", `${job.lastFailure}; the next task starts at ${job.nextAt}`)];
      if (this.#stopping.length > 0)
        return ["waiting", jobReason("starting", "waits until the tasks that are being stopped have ended")];
      return ["waiting", jobReason("no-capacity", "the cluster holds as many waiting tasks as it may")];
    }
    // Between two tasks of a job that runs, it goes on.
    return job.status === "running" ? ["running", runningReason] : ["waiting", startingReason];
  }
}

const runningReason = jobReason("running", "its tasks run");
const startingReason = jobReason("starting", "its tasks start");

function waitsForCapacity(code: string): boolean {
  return code === "no-nodes" || code === "no-node-fits";
}

/** Each of its containers gets the index of the task. */
function withIndex(spec: PackedSpec, index: number): PackedSpec {
  const add = <T extends { readonly env?: Readonly<Record<string, string>> }>(container: T): T => ({
    ...container,
    env: { ...container.env, [indexVariable]: String(index) },
  });
  return { ...spec, containers: spec.containers.map(add), ...(spec.init ? { init: spec.init.map(add) } : {}) };
}
