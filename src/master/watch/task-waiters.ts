// Requests that wait until a task has reached a state.

import type { Clock } from "../../lib/clock.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Task } from "../../model/task/task.ts";
import type { ChangeEvent } from "./change-events.ts";

export class TaskWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(task: Task | null) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves with the task once `reached` holds. Resolves with null if the task is removed, at the timeout, and if the
   * caller has gone: then an append may be under way, and what the state says is not durable yet. `now`: the task.
   */
  wait(
    taskId: TaskId,
    now: Task | null,
    reached: (task: Task) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Task | null> {
    return new Promise((resolve) => {
      const end = (task: Task | null) => {
        cancel();
        signal.removeEventListener("abort", giveUp);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(taskId);
        resolve(task);
      };
      const wake = (task: Task | null) => {
        if (task === null || reached(task)) end(task);
      };
      const giveUp = () => end(null);
      const cancel = this.#clock.timer(timeoutMs, giveUp);
      signal.addEventListener("abort", giveUp);
      const waiting = this.#waiting.get(taskId) ?? new Set();
      this.#waiting.set(taskId, waiting.add(wake));
      if (signal.aborted) giveUp();
      else wake(now);
    });
  }

  notify(events: readonly ChangeEvent[]): void {
    if (this.#waiting.size === 0) return;
    for (const { kind, id, after } of events) {
      if (kind !== "task") continue;
      for (const wake of [...(this.#waiting.get(id) ?? [])]) wake(after as Task | null);
    }
  }

  /** Ends every wait. */
  close(): void {
    for (const waiting of [...this.#waiting.values()]) for (const wake of [...waiting]) wake(null);
  }
}
