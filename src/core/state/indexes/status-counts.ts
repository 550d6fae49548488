// How many tasks have each status, and how many run without being ready.

import { type TaskStatus, taskStatuses } from "../../../model/task/reason.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";

export class StatusCounts implements Index<Task> {
  readonly of = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<TaskStatus, number>;
  notReady = 0;

  moved(before: Task | null, after: Task | null): void {
    if (before) this.#add(before, -1);
    if (after) this.#add(after, 1);
  }

  #add({ observed: { status, ready } }: Task, change: 1 | -1): void {
    this.of[status] += change;
    if (status === "running" && !ready) this.notReady += change;
  }
}
