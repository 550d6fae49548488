// A task can be removed while its node does not listen: the whole set that it gets later does not name it, and neither
// does it name what has merely ended. So the worker asks for each container that nobody wants any more; one at a time,
// because nothing is urgent here, and a thousand workers may come back at once. It removes nothing itself.

import { type Client, UnreachableError } from "../api/client.ts";
import type { Log } from "../lib/log.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { TaskRunner } from "./task-runner.ts";

export interface RemovedMeanwhileOptions {
  client: Client;
  log: Log;
  signal: AbortSignal;
  runners: ReadonlyMap<TaskId, TaskRunner>;
}

export class RemovedMeanwhile {
  readonly #options: RemovedMeanwhileOptions;
  #asking = false;
  #again = false;

  constructor(options: RemovedMeanwhileOptions) {
    this.#options = options;
  }

  /** After each comparison of the whole. A master that goes away meanwhile brings another one when it is back. */
  async ask(): Promise<void> {
    this.#again = true;
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.#again) {
        this.#again = false;
        for (const runner of [...this.#options.runners.values()])
          if (this.#isDoubtful(runner)) await this.#askFor(runner);
      }
    } catch (error) {
      if (error instanceof UnreachableError || this.#options.signal.aborted) return;
      this.#options.log.warn("it could not be asked which tasks were removed", { why: (error as Error).message });
    } finally {
      this.#asking = false;
    }
  }

  #isDoubtful(runner: TaskRunner): boolean {
    const { runners, signal } = this.#options;
    if (signal.aborted || runners.get(runner.taskId) !== runner) return false;
    return runner.knowsWish && runner.wish === null && runner.found !== null && !runner.attempts.deleted;
  }

  async #askFor(runner: TaskRunner): Promise<void> {
    const { client, signal } = this.#options;
    const answer = await client.call("getTask", { id: runner.taskId, signal, timeoutMs: limits.reportPatienceMs });
    if (answer.ok || answer.refusal.code !== "task-not-found" || !this.#isDoubtful(runner)) return;
    runner.want(null, true);
  }
}
