// The latest changes, kept in memory so that a watcher can resume after the last revision that it has.

import { limits } from "../../model/limits.ts";
import type { ChangeEvent } from "./change-events.ts";

export class WatchHistory {
  /** Newest last. */
  #events: ChangeEvent[] = [];
  #from: number;

  /** `revision`: the newest one of the log. */
  constructor(revision: number) {
    this.#from = revision;
  }

  /** Watchers can resume after this revision and later ones. */
  get oldest(): number {
    return this.#from;
  }

  /** Adds the changes of a batch from before this start of the master. Batches come in order. */
  replay(revision: number, events: readonly ChangeEvent[]): void {
    if (this.#events.length === 0) this.#from = Math.min(this.#from, revision - 1);
    this.add(events);
  }

  add(events: readonly ChangeEvent[]): void {
    for (const event of events) this.#events.push(event);
    if (this.#events.length < limits.watchHistoryEvents * 1.25) return;
    const dropped = this.#events.length - limits.watchHistoryEvents;
    this.#from = this.#events[dropped - 1]!.revision;
    this.#events = this.#events.slice(dropped).filter(({ revision }) => revision > this.#from);
  }

  after(revision: number): ChangeEvent[] {
    return this.#events.filter((event) => event.revision > revision);
  }
}
