// Tasks by name and by Idempotency-Key.

import type { TaskId } from "../../../model/ids.ts";
import type { Idempotency, Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";

const none: ReadonlySet<TaskId> = new Set();

export class TaskNames implements Index<Task> {
  /** Most names have one task: a set for each would need more memory than the task. */
  readonly #byName = new Map<string, TaskId | Set<TaskId>>();
  readonly #byKey = new Map<string, Task>();

  named(name: string): ReadonlySet<TaskId> {
    const found = this.#byName.get(name);
    return typeof found === "string" ? new Set([found]) : (found ?? none);
  }

  /** The task that was created with this Idempotency-Key, and the fingerprint of its request. */
  withKey(key: string): (Idempotency & { taskId: TaskId }) | undefined {
    const task = this.#byKey.get(key);
    return task?.idempotency ? { ...task.idempotency, taskId: task.taskId } : undefined;
  }

  moved(before: Task | null, after: Task | null): void {
    if (before !== null && after !== null) return; // neither the name nor the key ever changes
    if (after) this.#add(after);
    if (before) this.#remove(before);
  }

  #add(task: Task): void {
    const { taskId, name, idempotency } = task;
    const named = this.#byName.get(name);
    if (named === undefined) this.#byName.set(name, taskId);
    else if (typeof named === "string") this.#byName.set(name, new Set([named, taskId]));
    else named.add(taskId);
    if (idempotency) this.#byKey.set(idempotency.key, task);
  }

  #remove({ taskId, name, idempotency }: Task): void {
    const named = this.#byName.get(name);
    if (typeof named === "object") named.delete(taskId);
    if (named === taskId || (typeof named === "object" && named.size === 0)) this.#byName.delete(name);
    if (idempotency) this.#byKey.delete(idempotency.key);
  }
}
