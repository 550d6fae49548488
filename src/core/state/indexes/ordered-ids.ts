// A set of task ids in an order: appended at the end, removed anywhere, and put back where they were when a removal is
// undone. Putting back is rare, so the order is only mended when it is next read.

import type { TaskId } from "../../../model/ids.ts";

export class OrderedIds {
  readonly #compare: (left: TaskId, right: TaskId) => number;
  #ids = new Set<TaskId>();
  #inOrder = true;

  /** `compare` is asked only after something was put back. */
  constructor(compare: (left: TaskId, right: TaskId) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** At the end. */
  append(taskId: TaskId): void {
    this.#ids.add(taskId);
  }

  /** Where `compare` says. */
  putBack(taskId: TaskId): void {
    this.#ids.add(taskId);
    this.#inOrder = false;
  }

  delete(taskId: TaskId): boolean {
    return this.#ids.delete(taskId);
  }

  /** In order. */
  values(): IterableIterator<TaskId> {
    if (!this.#inOrder) this.#ids = new Set([...this.#ids].sort(this.#compare));
    this.#inOrder = true;
    return this.#ids.values();
  }

  first(): TaskId | undefined {
    return this.values().next().value;
  }
}
