// Keeps ended containers for their logs, up to a count and an age, and removes the oldest beyond that. Also drops the
// runners of tasks that have no container left.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { EndedContainers } from "../task/runner-context.ts";
import type { TaskRunner } from "../task/task-runner.ts";
import type { TaskTable } from "../task/task-table.ts";
import type { SharedFolders } from "./shared-folders.ts";

export interface RetentionOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  tasks: TaskTable;
  folders: SharedFolders;
  /** Infinity: without that limit. */
  keep: { count: number; ageMs: number };
}

export class Retention implements EndedContainers {
  readonly #options: RetentionOptions;
  #due = false;
  #sweeping = false;
  #again = false;
  #cancelExpiry: CancelTimer = () => {};

  constructor(options: RetentionOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#cancelExpiry());
  }

  /** Several calls share one sweep. */
  sweepSoon(): void {
    if (this.#due) return;
    this.#due = true;
    this.#options.clock.soon(() => {
      this.#due = false;
      if (this.#options.signal.aborted) return;
      if (this.#sweeping) {
        this.#again = true; // the sweep under way may already have passed the container
        return;
      }
      this.#sweeping = true;
      this.#sweep()
        .catch((error) => this.#options.log.warn("ended containers could not be removed", { why: error.message }))
        .finally(() => {
          this.#sweeping = false;
          if (this.#again) this.sweepSoon();
          this.#again = false;
        });
    });
  }

  async #sweep(): Promise<void> {
    const { runtime, clock, tasks, keep, folders } = this.#options;
    const over = tasks.all().filter((runner) => runner.isOver);
    for (const runner of over) if (runner.found.length === 0) dropRemoved(tasks, runner, folders);
    const ended = over.filter(({ found }) => found.length > 0).sort((left, right) => endOf(left) - endOf(right));
    const superfluous = ended.filter(
      (runner, index) => index < ended.length - keep.count || endOf(runner) + keep.ageMs <= clock.now(),
    );
    this.#cancelExpiry();
    const next = ended[superfluous.length];
    if (next && Number.isFinite(keep.ageMs))
      this.#cancelExpiry = clock.timer(endOf(next) + keep.ageMs - clock.now() + 1, () => this.sweepSoon());
    for (const runner of superfluous) {
      if (!runner.isOver) continue;
      for (const { containerId } of runner.found) await runtime.containers.remove(containerId);
      dropRemoved(tasks, runner, folders);
    }
    await folders.sweep();
  }
}

/** Its containers were removed on purpose. If the task was assigned again meanwhile, its runner asks the engine, and creates another. */
export function dropRemoved(tasks: TaskTable, runner: TaskRunner, folders: SharedFolders): void {
  if (runner.isOver) {
    tasks.delete(runner.taskId);
    folders.dropped(runner.hasSharedFolders);
  } else runner.reconcile();
}

/** When the last of its containers ended, in ms since the epoch. */
function endOf({ found }: TaskRunner): number {
  return Math.max(...found.map(({ finishedAt }) => Date.parse(finishedAt ?? "") || 0));
}
