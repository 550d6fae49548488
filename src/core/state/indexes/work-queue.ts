// The records that a reconciler has to look at: those that have changed since its last look, and those for which a time has come.
// A look at any other record would change nothing.

import { DueTimes } from "./due-times.ts";

/** As it was at one moment. */
export interface Work<Id> {
  readonly changed: readonly Id[];
  readonly due: readonly (readonly [id: Id, at: number])[];
}

export class WorkQueue<Id extends string> {
  /** Changed since the last look; also by an undo. */
  readonly #changed = new Set<Id>();
  readonly #due = new DueTimes<Id>();
  /** The time of the last call of ready. */
  #askedAt = Number.NEGATIVE_INFINITY;

  /** The record, or one that it depends on, has changed. */
  add(id: Id): void {
    this.#changed.add(id);
  }

  /**
   * To be looked at now, in order of their ids; each stays until it is done. After the clock was set back that is every record
   * with a due time: each of these times may be too late by as much.
   */
  ready(now: number): readonly Id[] {
    if (now < this.#askedAt) for (const id of this.#due.ids) this.#changed.add(id);
    this.#askedAt = now;
    const due = this.#due.until(now);
    if (this.#changed.size === 0) return due;
    if (due.length === 0) return [...this.#changed].sort();
    return [...new Set([...this.#changed, ...due])].sort();
  }

  /** The record was looked at, and is not before `dueAt` again without a change; null: never. */
  done(id: Id, dueAt: number | null): void {
    this.#changed.delete(id);
    this.#due.set(id, dueAt);
  }

  /** What there is to look at, for another state with the same records. */
  work(): Work<Id> {
    return { changed: [...this.#changed], due: this.#due.entries() };
  }

  /** From now on there is this to look at, and nothing else. */
  takeOver({ changed, due }: Work<Id>): void {
    this.#changed.clear();
    for (const id of changed) this.#changed.add(id);
    for (const id of [...this.#due.ids]) this.#due.set(id, null);
    for (const [id, at] of due) this.#due.set(id, at);
  }

  /** When the next look is due; null: never, unless a record changes. */
  nextDue(now: number): number | null {
    return this.#changed.size > 0 ? now : this.#due.first;
  }
}
