// Requests that wait until a task, or a job, has reached a state.

import type { Clock } from "../../lib/clock.ts";
import type { IdOf, RecordOf, WatchedKind } from "../../model/kinds/kinds.ts";
import type { ChangeEvent } from "./change-events.ts";

export class RecordWaiters<K extends WatchedKind> {
  readonly #kind: K;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(record: RecordOf<K> | null) => void>>();

  constructor(kind: K, clock: Clock) {
    this.#kind = kind;
    this.#clock = clock;
  }

  /**
   * Resolves with the record once `reached` holds. Resolves with null if the record is removed, at the timeout, and if the
   * caller has gone: then an append may be under way, and what the state says is not durable yet. `now`: the record.
   */
  wait(
    id: IdOf<K>,
    now: RecordOf<K> | null,
    reached: (record: RecordOf<K>) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<RecordOf<K> | null> {
    return new Promise((resolve) => {
      const end = (record: RecordOf<K> | null) => {
        cancel();
        signal.removeEventListener("abort", giveUp);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve(record);
      };
      const wake = (record: RecordOf<K> | null) => {
        if (record === null || reached(record)) end(record);
      };
      const giveUp = () => end(null);
      const cancel = this.#clock.timer(timeoutMs, giveUp);
      signal.addEventListener("abort", giveUp);
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting.add(wake));
      if (signal.aborted) giveUp();
      else wake(now);
    });
  }

  notify(events: readonly ChangeEvent[]): void {
    if (this.#waiting.size === 0) return;
    for (const { kind, id, after } of events) {
      if (kind !== this.#kind) continue;
      for (const wake of [...(this.#waiting.get(id) ?? [])]) wake(after as RecordOf<K> | null);
    }
  }

  /** Ends every wait. */
  close(): void {
    for (const waiting of [...this.#waiting.values()]) for (const wake of [...waiting]) wake(null);
  }
}
