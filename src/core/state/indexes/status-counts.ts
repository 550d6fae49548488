// How many tasks have each status.

import { type TaskStatus, taskStatuses } from "../../../model/task/reason.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";

export class StatusCounts implements Index<Task> {
  readonly of = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<TaskStatus, number>;

  moved(before: Task | null, after: Task | null): void {
    if (before) this.of[before.observed.status]--;
    if (after) this.of[after.observed.status]++;
  }
}
