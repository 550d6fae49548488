// Tells a report that comes after a later one of the same task: a network may hold a request back, and a proxy may send it twice.
// In memory only: what comes so late comes within seconds.

import type { TaskId } from "../../model/ids.ts";

interface Last {
  /** The process of the worker. */
  readonly instance: string;
  readonly number: number;
}

/** Tasks of which the last report is known: those that have reported last. */
const most = 10_000;

export class ReportOrder {
  readonly #last = new Map<TaskId, Last>();

  /** Notes the report. False if a later one of the same process has come before. */
  isInOrder(taskId: TaskId, instance: string | null, number: number | null): boolean {
    if (instance === null || number === null) return true;
    const last = this.#last.get(taskId);
    if (last?.instance === instance && number < last.number) return false;
    this.#last.delete(taskId);
    this.#last.set(taskId, { instance, number });
    if (this.#last.size > most) for (const oldest of this.#last.keys()) return this.#last.delete(oldest);
    return true;
  }
}
