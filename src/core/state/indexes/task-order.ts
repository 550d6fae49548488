// All task ids in order of creation, which is their own order: for pages, cursors and prefixes by binary search.

import { assert } from "../../../lib/assert.ts";
import { firstIndex } from "../../../lib/binary-search.ts";
import type { TaskId } from "../../../model/ids.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";

export class TaskOrder implements Index<Task> {
  /** Sorted. Removed ids stay until they are half of the whole, so that a removal never shifts the array. */
  #ids: TaskId[] = [];
  #removed = new Set<TaskId>();

  get last(): TaskId | null {
    return this.#ids.at(-1) ?? null;
  }

  moved(before: Task | null, after: Task | null): void {
    if (before === null && after !== null) this.add(after.taskId);
    else if (before !== null && after === null) this.remove(before.taskId);
  }

  add(taskId: TaskId): void {
    if (this.#removed.delete(taskId)) return; // a removal that is undone
    const last = this.last;
    if (last !== null && taskId <= last) {
      assert(this.#ids[this.#firstNotBelow(taskId)] !== taskId, `task ${taskId} is in the order already`);
      this.#ids.splice(this.#firstNotBelow(taskId), 0, taskId); // also a removal undone, after the array was compacted
      return;
    }
    this.#ids.push(taskId);
  }

  remove(taskId: TaskId): void {
    if (this.last === taskId) {
      this.#ids.pop();
      return;
    }
    this.#removed.add(taskId);
    if (this.#removed.size * 2 > this.#ids.length) {
      this.#ids = this.#ids.filter((id) => !this.#removed.has(id));
      this.#removed.clear();
    }
  }

  /** Ids greater than `cursor`, in order. */
  *after(cursor: string): Generator<TaskId> {
    for (let i = this.#firstNotBelow(cursor); i < this.#ids.length; i++) {
      const id = this.#ids[i]!;
      if (id !== cursor && !this.#removed.has(id)) yield id;
    }
  }

  /** Ids that begin with `prefix`, in order. */
  *withPrefix(prefix: string): Generator<TaskId> {
    for (let i = this.#firstNotBelow(prefix); i < this.#ids.length; i++) {
      const id = this.#ids[i]!;
      if (!id.startsWith(prefix)) return;
      if (!this.#removed.has(id)) yield id;
    }
  }

  #firstNotBelow(bound: string): number {
    return firstIndex(0, this.#ids.length, (at) => this.#ids[at]! >= bound);
  }
}
