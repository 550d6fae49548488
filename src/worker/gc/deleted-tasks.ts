// Finds out which of the tasks that are no longer assigned here were deleted while the worker had no stream. A sync names
// neither a deleted task nor one that has merely ended, so the worker asks the master for each. One request at a time:
// nothing is urgent here, and a thousand workers may come back at once. It removes nothing itself.

import { type Client, UnreachableError } from "../../api/client.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import { retryPauseMs } from "../task/restart-policy.ts";
import type { TaskRunner } from "../task/task-runner.ts";
import type { TaskTable } from "../task/task-table.ts";

/** The stream of assignments. */
export interface AssignmentStream {
  /** True while a stream is open that has sent its whole set. */
  readonly following: boolean;
}

export interface DeletedTasksOptions {
  client: Client;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  tasks: TaskTable;
  /** A 404 counts only while the stream is open: a master that does not know this node must not delete its containers. */
  stream: AssignmentStream;
}

export class DeletedTasks {
  readonly #options: DeletedTasksOptions;
  #asking = false;
  #again = false;

  constructor(options: DeletedTasksOptions) {
    this.#options = options;
  }

  /** After each sync. What is deleted later comes over the stream. */
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
        await delay(clock, retryPauseMs(failures++), signal);
      }
    }
    this.#asking = false;
  }

  /** True when the master has answered for each. */
  async #askForAll(): Promise<boolean> {
    for (const runner of this.#options.tasks.all()) {
      if (this.#isDoubtful(runner) && !(await this.#askFor(runner))) return false;
    }
    return true;
  }

  /** Also without a container: a create that was under way when the record was deleted makes one later. */
  #isDoubtful({ taskId, knowsAssignment, assignment, isDeleted }: TaskRunner): boolean {
    return this.#options.tasks.has(taskId) && knowsAssignment && assignment === null && !isDeleted;
  }

  async #askFor(runner: TaskRunner): Promise<boolean> {
    const { client, log, signal, stream } = this.#options;
    const { taskId } = runner;
    if (!stream.following) return false;
    try {
      const answer = await client.call("getTask", { id: taskId, signal, timeoutMs: limits.reportPatienceMs });
      if (answer.ok) return true;
      if (answer.refusal.code !== "task-not-found" || !stream.following) return false;
      if (this.#isDoubtful(runner)) runner.assign(null, true);
      return true;
    } catch (error) {
      if (!signal.aborted && !(error instanceof UnreachableError)) {
        log.warn("the master could not be asked whether a task was deleted", { taskId, why: (error as Error).message });
      }
      return false;
    }
  }
}
