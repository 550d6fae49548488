// A task's output, as it was written: stdout to stdout, stderr to stderr. Following lasts as long as the task: it waits
// for one that has not started, and goes on after a restart or a cut connection.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import { framedMediaType, readFrames } from "../../../lib/frames.ts";
import { isFinished } from "../../../model/task/task.ts";
import type { Context } from "../../command/context.ts";
import { Failure, RefusedError } from "../../command/failure.ts";
import { BrokenPipeError } from "../../command/io.ts";
import { currentTask, patienceMs, waitForTask } from "./wait-task.ts";

export interface LogsWish {
  follow: boolean;
  tail?: string | undefined;
  since?: string | undefined;
  timestamps: boolean;
}

/** A connection that is cut is tried again so often in a row before giving up. */
const attempts = 5;
const retryMs = 1_000;
/** Between the end of a container's output and the report that says so. */
const reportMs = 100;

export async function showLogs(context: Context, task: TaskView, wish: LogsWish, signal?: AbortSignal): Promise<void> {
  const { clock } = context.io;
  const stream = new LogStream(context, task, signal);
  for (let failed = 0; !signal?.aborted; ) {
    const trouble = await stream.read(wish);
    if (signal?.aborted) return;
    if (!wish.follow) {
      if (trouble) throw trouble;
      return;
    }
    failed = trouble ? failed + 1 : 0;
    if (trouble && (failed > attempts || !canPass(trouble))) throw trouble;
    const now = await currentTask(context, task.taskId);
    if (now === null) return;
    if (isFinished(now.status)) {
      if (!trouble) return;
      if (!isCut(trouble)) throw trouble;
    }
    if (trouble && isCut(trouble)) await context.err(`the logs of ${task.name} were cut off; trying again\n`);
    if (now.status === "pending" || now.status === "scheduled") {
      await waitForTask(context, now, "running", { timeoutMs: patienceMs, ...(signal ? { signal } : {}) });
      failed = 0;
    }
    await delay(clock, trouble || now.reason.code === "restarting" ? retryMs : reportMs, signal);
  }
}

class LogStream {
  readonly #context: Context;
  readonly #task: TaskView;
  readonly #signal: AbortSignal | undefined;
  /** When something was last read; null: nothing yet. */
  #readAt: number | null = null;

  constructor(context: Context, task: TaskView, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#task = task;
    this.#signal = signal;
  }

  /** Until its end; answers with what went wrong. What was shown before is not shown again. */
  async read({ follow, tail, since, timestamps }: LogsWish): Promise<Error | null> {
    const { io } = this.#context;
    // A duration back from now is reckoned by the master's clock, whatever ours says.
    const part = this.#readAt === null ? { tail, since } : { since: `${io.clock.now() - this.#readAt}ms` };
    try {
      const response = await this.#context.fetch("taskLogs", {
        id: this.#task.taskId,
        query: { ...part, follow: follow || undefined, timestamps: timestamps || undefined },
        headers: { accept: framedMediaType },
        ...(this.#signal ? { signal: this.#signal } : {}),
      });
      this.#readAt = io.clock.now();
      if (!response.body) return null;
      for await (const { stream, payload } of readFrames(response.body)) {
        await io[stream].write(payload);
        this.#readAt = io.clock.now();
      }
      this.#readAt = io.clock.now();
      return null;
    } catch (error) {
      if (error instanceof BrokenPipeError) throw error;
      if (error instanceof Failure) return error;
      return new Failure(
        `the logs of ${this.#task.name} broke off: ${(error as Error).message}`,
        `Read them again with: podling logs ${this.#task.name}`,
      );
    }
  }
}

/** The connection failed, not the wish. */
function isCut(trouble: Error): boolean {
  return !(trouble instanceof RefusedError) || trouble.refusal.code === "node-unreachable";
}

/** Another attempt can help: the task has no logs yet, or nobody answered. */
function canPass(trouble: Error): boolean {
  return isCut(trouble) || (trouble as RefusedError).refusal.code === "logs-unavailable";
}
