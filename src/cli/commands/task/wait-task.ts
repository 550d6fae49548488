// Waits until a task runs or has finished, and shows its status while waiting.

import type { TaskView } from "../../../api/views/task.ts";
import { type Clock, delay } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import { limits } from "../../../model/limits.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Context } from "../../command/context.ts";
import { RefusedError } from "../../command/failure.ts";
import { patiently, reconnectMs } from "../../command/reconnect.ts";
import { formatSeconds, formatWait } from "../../render/time.ts";

export type WaitFor = "running" | "ready" | "finished";

/** Progress is shown only after this time. Longer in a pipe, where lines are not rewritten. */
const quietMs = { terminal: 300, pipe: 1_000 };

/** No timeout, in practice. */
export const patienceMs = 365 * 24 * 3_600_000;

export function reached(task: TaskView, wanted: WaitFor): boolean {
  if (isFinished(task.status)) return true;
  // A master of 0.1.0 does not say what is ready, and refuses to wait for it.
  return task.status === "running" && (wanted === "running" || (wanted === "ready" && task.ready === true));
}

export interface WaitOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** True when progress is shown on stderr, which is the default: several tasks would write over each other's line. */
  progress?: boolean;
}

/** Resolves with the task when it has reached the state, or at the timeout. */
export async function waitForTask(
  context: Context,
  task: TaskView,
  wanted: WaitFor,
  options: WaitOptions,
): Promise<TaskView> {
  if (reached(task, wanted)) return task;
  const { timeoutMs, signal, progress = true } = options;
  const { clock } = context.io;
  const ended = new AbortController();
  const shown = progress ? showProgress(context, task, ended.signal) : Promise.resolve();
  const deadline = clock.now() + timeoutMs;
  let latest = task;
  try {
    while (!reached(latest, wanted) && !signal?.aborted) {
      const left = deadline - clock.now();
      if (left <= 0) break;
      const timeout = `${Math.min(left, limits.waitMaxMs)}ms`;
      const read = () =>
        context.call("getTask", { id: task.taskId, query: { wait: wanted, timeout }, ...(signal ? { signal } : {}) });
      latest = await patiently(context, read, signal);
    }
  } finally {
    ended.abort();
    await shown;
  }
  return latest;
}

/** Shows each change of the task's reason until the signal. Errors are ignored: the wait itself reports them. */
async function showProgress(context: Context, task: TaskView, signal: AbortSignal): Promise<void> {
  const { clock, stderr } = context.io;
  const begun = clock.now();
  await delay(clock, stderr.isTty ? quietMs.terminal : quietMs.pipe, signal);
  if (signal.aborted) return;
  const progress = context.progress();
  let latest = task;
  const show = () =>
    progress.show(progressText(latest, clock.now() - begun, stderr.isTty), `${latest.status} ${latest.reason.code}`);
  const counted = stderr.isTty ? count(clock, begun, show, signal).catch(() => {}) : Promise.resolve();
  const query = { name: task.name, watch: true, status: live };
  for (; !signal.aborted; await delay(clock, reconnectMs, signal)) {
    try {
      await show();
      const response = await context.fetch("listTasks", { query, signal });
      for await (const { event, data } of readEvents(response.body!)) {
        const news: TaskView[] = event === "sync" ? JSON.parse(data).tasks : event === "task" ? [JSON.parse(data)] : [];
        const found = news.find(({ taskId }) => taskId === task.taskId);
        if (found) latest = found;
        if (found && !signal.aborted) await show();
      }
    } catch {
      // Cut off, or ended by the signal.
    }
  }
  await counted;
  await progress.clear();
}

/** Shows the line again at every whole second, so that it is seen to go on. */
async function count(clock: Clock, begun: number, show: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(clock, secondMs - ((clock.now() - begun) % secondMs), signal);
    if (!signal.aborted) await show();
  }
}

const secondMs = 1_000;

const live = "pending,scheduled,running";

/** On a terminal the time comes first: the end of the line is cut. */
function progressText({ name, status, reason, desired }: TaskView, sinceMs: number, counts: boolean): string {
  const state = desired === "stopped" ? "stopping" : status;
  const why = reason.message === state ? "" : `, ${reason.message}`;
  const seconds = Math.floor(sinceMs / secondMs) * secondMs;
  return counts
    ? `${formatSeconds(seconds)}  ${name}: ${state}${why}`
    : `${name}: ${state}${why} (${formatWait(sinceMs)})`;
}

/** The current task. Null if it was removed. */
export async function currentTask(context: Context, taskId: string): Promise<TaskView | null> {
  const found = await context.try("getTask", { id: taskId });
  if (found.ok) return found.value as TaskView;
  if (found.refusal.code === "task-not-found") return null;
  throw new RefusedError(found.refusal);
}
