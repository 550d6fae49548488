// A task can be removed while its node does not listen: the whole set that it gets later does not name it, and neither
// does it name what has merely ended. So the worker asks for each task that nobody wants any more; one at a time,
// because nothing is urgent here, and a thousand workers may come back at once. It removes nothing itself.

import { type Client, UnreachableError } from "../../api/client.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { TaskRunner } from "../task/task-runner.ts";

export interface DeletedTasksOptions {
  client: Client;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  runners: ReadonlyMap<TaskId, TaskRunner>;
  /** Is the stream of the master open whose whole set was compared? Another one's ignorance says nothing. */
  following: () => boolean;
}

export class DeletedTasks {
  readonly #options: DeletedTasksOptions;
  #asking = false;
  #again = false;

  constructor(options: DeletedTasksOptions) {
    this.#options = options;
  }

  /** After each comparison of the whole. What is removed from then on, the stream tells. */
  async ask(): Promise<void> {
    this.#again = true;
    if (this.#asking) return;
    this.#asking = true;
    const { clock, signal } = this.#options;
    let failures = 0;
    while (this.#again && !signal.aborted) {
      this.#again = false;
      if (await this.#askForAll()) {
        failures = 0;
      } else {
        this.#again = true;
        await delay(clock, Math.min(limits.retryInitialMs * 2 ** failures++, limits.retryMaxMs), signal);
      }
    }
    this.#asking = false;
  }

  /** Whether all was answered. */
  async #askForAll(): Promise<boolean> {
    for (const runner of [...this.#options.runners.values()]) {
      if (this.#isDoubtful(runner) && !(await this.#askFor(runner))) return false;
    }
    return true;
  }

  /** Also where there is no container yet: a start that was under way when the record went brings one. */
  #isDoubtful({ taskId, knowsWish, wish, attempts }: TaskRunner): boolean {
    return this.#options.runners.has(taskId) && knowsWish && wish === null && !attempts.deleted;
  }

  async #askFor(runner: TaskRunner): Promise<boolean> {
    const { client, log, signal, following } = this.#options;
    const { taskId } = runner;
    if (!following()) return false;
    try {
      const answer = await client.call("getTask", { id: taskId, signal, timeoutMs: limits.reportPatienceMs });
      if (answer.ok) return true;
      if (answer.refusal.code !== "task-not-found" || !following()) return false;
      if (this.#isDoubtful(runner)) runner.want(null, true);
      return true;
    } catch (error) {
      if (!signal.aborted && !(error instanceof UnreachableError)) {
        log.warn("it could not be asked whether a task was removed", { taskId, why: (error as Error).message });
      }
      return false;
    }
  }
}
