// Ended containers are kept for their logs, up to a count and an age; then the oldest go. Forgets tasks that left nothing.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { TaskRunner } from "../task/task-runner.ts";

export interface RetentionOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Those that are over are taken out. */
  runners: Map<TaskId, TaskRunner>;
  /** Infinity: without that limit. */
  keep: { count: number; ageMs: number };
}

export class Retention {
  readonly #options: RetentionOptions;
  #due = false;
  #sweeping = false;
  #again = false;
  #cancelExpiry: CancelTimer = () => {};

  constructor(options: RetentionOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#cancelExpiry());
  }

  /** Something may have become superfluous. Many calls make one sweep. */
  soon(): void {
    if (this.#due) return;
    this.#due = true;
    this.#options.clock.soon(() => {
      this.#due = false;
      if (this.#options.signal.aborted) return;
      if (this.#sweeping) {
        this.#again = true; // what is under way may have passed it by
        return;
      }
      this.#sweeping = true;
      this.#sweep()
        .catch((error) => this.#options.log.warn("ended containers could not be removed", { why: error.message }))
        .finally(() => {
          this.#sweeping = false;
          if (this.#again) this.soon();
          this.#again = false;
        });
    });
  }

  async #sweep(): Promise<void> {
    const { runtime, clock, runners, keep } = this.#options;
    const over = [...runners.values()].filter((runner) => runner.isOver);
    for (const runner of over) if (runner.found === null) runners.delete(runner.taskId);
    const ended = over.filter(({ found }) => found !== null).sort((left, right) => endOf(left) - endOf(right));
    const superfluous = ended.filter(
      (runner, index) => index < ended.length - keep.count || endOf(runner) + keep.ageMs <= clock.now(),
    );
    this.#cancelExpiry();
    const next = ended[superfluous.length];
    if (next && Number.isFinite(keep.ageMs))
      this.#cancelExpiry = clock.timer(endOf(next) + keep.ageMs - clock.now() + 1, () => this.soon());
    for (const runner of superfluous) {
      if (!runner.isOver) continue;
      await runtime.remove(runner.found!.containerId);
      forget(runners, runner);
    }
  }
}

/** Its container was removed on purpose. Somebody may have come to want it meanwhile: then it looks, and has another. */
export function forget(runners: Map<TaskId, TaskRunner>, runner: TaskRunner): void {
  if (runner.isOver) runners.delete(runner.taskId);
  else runner.look();
}

function endOf({ found }: TaskRunner): number {
  return Date.parse(found?.finishedAt ?? "") || 0;
}
