// Task ids in ascending order, which is the order of creation. The order is a function of the content alone, so taking
// a change back restores it. Adding the newest and removing the oldest are constant-time.

import { firstIndex } from "../../../lib/binary-search.ts";
import type { TaskId } from "../../../model/ids.ts";

export class IdQueue {
  /** Sorted from `#head` on; the entries before it were removed. */
  #ids: TaskId[] = [];
  #head = 0;

  get size(): number {
    return this.#ids.length - this.#head;
  }

  get first(): TaskId | undefined {
    return this.#ids[this.#head];
  }

  add(id: TaskId): void {
    const last = this.#ids.at(-1);
    if (this.size === 0 || last === undefined || id > last) this.#ids.push(id);
    else if (this.#head > 0 && id < this.first!) this.#ids[--this.#head] = id;
    else this.#ids.splice(this.#firstNotBelow(id), 0, id);
  }

  delete(id: TaskId): void {
    if (id !== this.first) {
      const at = this.#firstNotBelow(id);
      if (this.#ids[at] === id) this.#ids.splice(at, 1);
      return;
    }
    this.#head++;
    // Moves the rest to the front once the removed entries are more than the rest.
    if (this.#head * 2 > this.#ids.length) {
      this.#ids.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #firstNotBelow(id: TaskId): number {
    return firstIndex(this.#head, this.#ids.length, (at) => this.#ids[at]! >= id);
  }
}
