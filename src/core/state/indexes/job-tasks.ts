// The tasks of each job, and the jobs that are worth a look: those whose records have changed since, and those for which a time
// has come. A look at any other would change nothing.

import type { JobId, TaskId } from "../../../model/ids.ts";
import type { Job } from "../../../model/job/job.ts";
import { isLost } from "../../../model/task/reason.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { DueTimes } from "./due-times.ts";

const none: ReadonlySet<TaskId> = new Set();

export class JobTasks implements Index<Task> {
  /** Unfinished ones, and lost ones that no task replaces. */
  readonly #current = new Map<JobId, Set<TaskId>>();
  readonly #all = new Map<JobId, Set<TaskId>>();
  /** Changed since the last look; also by an undo. */
  readonly #changed = new Set<JobId>();
  readonly #due = new DueTimes<JobId>();

  /** Unfinished ones, and those that were lost with their node and that no task replaces; in no order. */
  of(jobId: JobId): ReadonlySet<TaskId> {
    return this.#current.get(jobId) ?? none;
  }

  /** Also those that have ended; in no order. */
  allOf(jobId: JobId): ReadonlySet<TaskId> {
    return this.#all.get(jobId) ?? none;
  }

  moved(before: Task | null, after: Task | null): void {
    const { owner, taskId } = (after ?? before)!;
    if (owner === null || owner.kind !== "job") return;
    const id = owner.id as JobId;
    if (before === null) add(this.#all, id, taskId);
    if (after === null) remove(this.#all, id, taskId);
    const was = before !== null && isCurrent(before);
    const is = after !== null && isCurrent(after);
    if (was || is) this.#changed.add(id);
    if (is && !was) add(this.#current, id, taskId);
    if (was && !is) remove(this.#current, id, taskId);
  }

  jobMoved(before: Job | null, after: Job | null): void {
    this.#changed.add((after ?? before)!.jobId);
  }

  /** To be looked at now, in order of their ids. */
  toLookAt(now: number): JobId[] {
    return [...new Set([...this.#changed, ...this.#due.until(now)])].sort();
  }

  /** It was looked at, and is not before `dueAt` again without a change; null: never. */
  lookedAt(jobId: JobId, dueAt: number | null): void {
    this.#changed.delete(jobId);
    this.#due.set(jobId, dueAt);
  }

  nextDue(now: number): number | null {
    return this.#changed.size > 0 ? now : this.#due.first;
  }
}

function isCurrent(task: Task): boolean {
  return !hasFinished(task) || (isLost(task.observed.reason) && task.desired === "running" && task.replacedBy === null);
}

function add(tasks: Map<JobId, Set<TaskId>>, id: JobId, taskId: TaskId): void {
  const ofJob = tasks.get(id);
  if (ofJob) ofJob.add(taskId);
  else tasks.set(id, new Set([taskId]));
}

function remove(tasks: Map<JobId, Set<TaskId>>, id: JobId, taskId: TaskId): void {
  const ofJob = tasks.get(id);
  ofJob?.delete(taskId);
  if (ofJob?.size === 0) tasks.delete(id);
}
