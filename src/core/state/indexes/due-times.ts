// When records are due without a change of them: the earliest first. For thousands of records that are due at different times.

import { Heap } from "../../../lib/heap.ts";

interface Entry<Id> {
  id: Id;
  at: number;
}

export class DueTimes<Id extends string> {
  readonly #dueAt = new Map<Id, number>();
  /** Has an entry for each time that was set; one that is not that of the map any more is dropped when it comes first. */
  #heap = new Heap<Entry<Id>>(isBefore);

  /** `at`: ms since the epoch; null: never. */
  set(id: Id, at: number | null): void {
    if (at === null) {
      this.#dueAt.delete(id);
      return;
    }
    if (this.#dueAt.get(id) === at) return;
    this.#dueAt.set(id, at);
    this.#heap.push({ id, at });
    if (this.#heap.size > 2 * this.#dueAt.size + 64) this.#rebuild();
  }

  /** The earliest time; null if there is none. */
  get first(): number | null {
    return this.#firstEntry()?.at ?? null;
  }

  /** In no order. */
  get ids(): IterableIterator<Id> {
    return this.#dueAt.keys();
  }

  /** In no order. */
  entries(): [id: Id, at: number][] {
    return [...this.#dueAt];
  }

  /** Those that are due, in order of their ids. They stay until their time is set to another one. */
  until(now: number): Id[] {
    const first = this.#firstEntry();
    if (first === undefined || first.at > now) return [];
    const due: Entry<Id>[] = [];
    for (let entry = this.#firstEntry(); entry && entry.at <= now; entry = this.#firstEntry()) {
      due.push(entry);
      this.#heap.pop();
    }
    for (const entry of due) this.#heap.push(entry);
    return [...new Set(due.map(({ id }) => id))].sort();
  }

  #firstEntry(): Entry<Id> | undefined {
    for (;;) {
      const { first } = this.#heap;
      if (first === undefined || this.#dueAt.get(first.id) === first.at) return first;
      this.#heap.pop();
    }
  }

  #rebuild(): void {
    this.#heap = new Heap<Entry<Id>>(isBefore);
    for (const [id, at] of this.#dueAt) this.#heap.push({ id, at });
  }
}

function isBefore(left: { at: number }, right: { at: number }): boolean {
  return left.at < right.at;
}
