// The tasks of each job, and the jobs that their reconciler has to look at.

import type { JobId, TaskId } from "../../../model/ids.ts";
import type { Job } from "../../../model/job/job.ts";
import { isLost } from "../../../model/task/reason.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { IdSets } from "./id-sets.ts";
import { WorkQueue } from "./work-queue.ts";

export class JobTasks implements Index<Task> {
  /** Unfinished ones, and lost ones that no task replaces. */
  readonly #current = new IdSets<JobId, TaskId>();
  readonly #all = new IdSets<JobId, TaskId>();
  readonly queue = new WorkQueue<JobId>();

  /** Unfinished ones, and those that were lost with their node and that no task replaces; in no order. */
  of(jobId: JobId): ReadonlySet<TaskId> {
    return this.#current.of(jobId);
  }

  /** Also those that have ended; in no order. */
  allOf(jobId: JobId): ReadonlySet<TaskId> {
    return this.#all.of(jobId);
  }

  moved(before: Task | null, after: Task | null): void {
    const { owner, taskId } = (after ?? before)!;
    if (owner === null || owner.kind !== "job") return;
    const id = owner.id as JobId;
    if (before === null) this.#all.add(id, taskId);
    if (after === null) this.#all.remove(id, taskId);
    const was = before !== null && isCurrent(before);
    const is = after !== null && isCurrent(after);
    if (was || is) this.queue.add(id);
    if (is && !was) this.#current.add(id, taskId);
    if (was && !is) this.#current.remove(id, taskId);
  }

  jobMoved(before: Job | null, after: Job | null): void {
    this.queue.add((after ?? before)!.jobId);
  }
}

function isCurrent(task: Task): boolean {
  return !hasFinished(task) || (isLost(task.observed.reason) && task.desired === "running" && task.replacedBy === null);
}
