// Shows the output of a task: its stdout on stdout, its stderr on stderr. Following lasts until the task has finished: it
// waits for the start, and continues after a restart or a lost connection.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import { framedMediaType, readFrames, StreamEndedEarly } from "../../../lib/frames.ts";
import { isFinished } from "../../../model/task/reason.ts";
import { type Context, UnreachableFailure } from "../../command/context.ts";
import { Failure, OutputFailure, RefusedError } from "../../command/failure.ts";
import { BrokenPipeError } from "../../command/io.ts";
import { patiently, reconnectAttempts, reconnectMs, sayReconnecting } from "../../command/reconnect.ts";
import { currentTask, patienceMs, waitForTask } from "./wait-task.ts";

export interface LogOptions {
  follow: boolean;
  tail?: string | undefined;
  since?: string | undefined;
  timestamps: boolean;
  /** Of a task that has several; left out for the first. */
  container?: string | undefined;
}

/** Attempts in a row while the node of the task does not answer, its engine refuses, or there are no logs yet. */
const attempts = 5;
/** Pause before the state is read again after the end of the output: the report of the end takes a moment. */
const reportMs = 100;

export async function showLogs(
  context: Context,
  task: TaskView,
  options: LogOptions,
  signal?: AbortSignal,
): Promise<void> {
  const { clock } = context.io;
  const stream = new LogStream(context, task, signal);
  for (let failed = 0; !signal?.aborted; ) {
    const trouble = await stream.read(options);
    if (signal?.aborted) return;
    if (!options.follow) {
      if (trouble) throw trouble;
      return;
    }
    failed = trouble ? failed + 1 : 0;
    const isAway = trouble instanceof UnreachableFailure;
    if (trouble && failed > (isAway ? reconnectAttempts : attempts)) throw trouble;
    const isNew = trouble && isCut(trouble) && failed === 1;
    let isMaster = isAway && isNew;
    if (isMaster) await sayReconnecting(context);
    const sayMaster = () => {
      isMaster = true;
      return isAway ? Promise.resolve() : sayReconnecting(context);
    };
    const now = await patiently(context, () => currentTask(context, task.taskId), signal, sayMaster);
    if (isNew && !isMaster) await sayReconnecting(context, `the logs of ${task.name}`);
    if (trouble && !canPass(trouble, now)) throw trouble;
    if (now === null) return;
    if (isFinished(statusOf(now, options.container))) {
      if (!trouble) return;
      if (!isCut(trouble)) throw trouble;
    }
    if (now.status === "pending" || now.status === "scheduled") {
      await waitForTask(context, now, "running", { timeoutMs: patienceMs, ...(signal ? { signal } : {}) });
      failed = 0;
    }
    await delay(clock, trouble || now.reason.code === "restarting" ? reconnectMs : reportMs, signal);
  }
}

/** A container may have ended for good while others of its task go on. */
function statusOf({ status, containers = [], initContainers = [] }: TaskView, container: string | undefined) {
  if (isFinished(status) || container === undefined) return status;
  return [...containers, ...initContainers].find(({ name }) => name === container)?.status ?? status;
}

class LogStream {
  readonly #context: Context;
  readonly #task: TaskView;
  readonly #signal: AbortSignal | undefined;
  /** When output was last read. Null until then. */
  #readAt: number | null = null;

  constructor(context: Context, task: TaskView, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#task = task;
    this.#signal = signal;
  }

  /** Reads to the end. Resolves with the error, if there was one. Skips what an earlier call has shown. */
  async read({ follow, tail, since, timestamps, container }: LogOptions): Promise<Error | null> {
    const { io } = this.#context;
    // A duration is relative to the master's clock, so that a wrong clock here does not matter.
    const before = this.#readAt;
    const part = before === null ? { tail, since } : { since: `${io.clock.now() - before}ms` };
    let isShown = tail === "0"; // then nothing that was there before the answer is wanted
    try {
      const response = await this.#context.fetch("taskLogs", {
        id: this.#task.taskId,
        query: { ...part, container, follow: follow || undefined, timestamps: timestamps || undefined },
        headers: { accept: framedMediaType },
        ...(this.#signal ? { signal: this.#signal } : {}),
      });
      this.#readAt = io.clock.now();
      if (!response.body) return null;
      for await (const { stream, payload } of readFrames(response.body)) {
        if (payload.length === 0) continue; // the begin of the answer
        await io[stream].write(payload);
        isShown = true;
        this.#readAt = io.clock.now();
      }
      this.#readAt = io.clock.now();
      return null;
    } catch (error) {
      if (error instanceof BrokenPipeError || error instanceof OutputFailure) throw error;
      // The answer begins before the engine has found the first line: what was asked for is still to be shown.
      if (!isShown && (error instanceof StreamEndedEarly || tail === undefined)) this.#readAt = before;
      if (error instanceof Failure) return error;
      const { message } = error as Error;
      const { name } = this.#task;
      return new Failure(
        error instanceof StreamEndedEarly
          ? `the logs of ${name} end early: ${message}`
          : `lost the connection to the logs of ${name}: ${message}`,
        `Read them again with: podling logs ${name}`,
      );
    }
  }
}

/**
 * True when the connection to the logs failed, or the engine did, which may be restarting; false when the master refused the
 * request.
 */
function isCut(trouble: Error): boolean {
  if (!(trouble instanceof RefusedError)) return true;
  const { code } = trouble.refusal;
  return code === "node-unreachable" || code === "engine-refused";
}

/** True when another attempt can help: there are no logs yet, or the connection failed. */
function canPass(trouble: Error, task: TaskView | null): boolean {
  if (isCut(trouble)) return true;
  // A task that runs has a container: its logs cannot be read, now or later.
  const runs = task?.status === "running" && task.reason.code === "running";
  return (trouble as RefusedError).refusal.code === "logs-unavailable" && !runs;
}
