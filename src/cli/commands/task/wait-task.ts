// Waits until a task runs or has finished, and tells meanwhile what it is waiting for.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import { limits } from "../../../model/limits.ts";
import { isFinished } from "../../../model/task/task.ts";
import type { Context } from "../../command/context.ts";
import { RefusedError } from "../../command/failure.ts";
import { formatWait } from "../../render/time.ts";

export type WaitFor = "running" | "finished";

/** Faster than this nobody wants to be told what is going on; lines that stay are worth less than one that goes. */
const quietMs = { terminal: 300, pipe: 1_000 };

/** For as long as somebody waits. */
export const patienceMs = 365 * 24 * 3_600_000;

export function reached(task: TaskView, wanted: WaitFor): boolean {
  return isFinished(task.status) || (wanted === "running" && task.status === "running");
}

export interface WaitOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** Says what goes on, on stderr. */
  progress?: boolean;
}

/** The task when it is so far, or as it is at the timeout. */
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
  const told = progress ? tellProgress(context, task, ended.signal) : Promise.resolve();
  const deadline = clock.now() + timeoutMs;
  let latest = task;
  try {
    while (!reached(latest, wanted) && !signal?.aborted) {
      const left = deadline - clock.now();
      if (left <= 0) break;
      const timeout = `${Math.min(left, limits.waitMaxMs)}ms`;
      latest = await context.call("getTask", {
        id: task.taskId,
        query: { wait: wanted, timeout },
        ...(signal ? { signal } : {}),
      });
    }
  } finally {
    ended.abort();
    await told;
  }
  return latest;
}

/** Shows each change of the task's reason, until the signal. What fails here fails silently: it is only news. */
async function tellProgress(context: Context, task: TaskView, signal: AbortSignal): Promise<void> {
  const { clock, stderr } = context.io;
  const begun = clock.now();
  await delay(clock, stderr.isTty ? quietMs.terminal : quietMs.pipe, signal);
  if (signal.aborted) return;
  const progress = context.progress();
  const show = (latest: TaskView) =>
    progress.show(progressText(latest, clock.now() - begun), `${latest.status} ${latest.reason.code}`);
  try {
    await show(task);
    const response = await context.fetch("listTasks", {
      query: { name: task.name, watch: true, status: live },
      signal,
    });
    for await (const { event, data } of readEvents(response.body!)) {
      const news: TaskView[] = event === "sync" ? JSON.parse(data).tasks : event === "task" ? [JSON.parse(data)] : [];
      const latest = news.find(({ taskId }) => taskId === task.taskId);
      if (latest && !signal.aborted) await show(latest);
    }
  } catch {
    // Cut off, or no longer wanted: the wait itself says how it ended.
  }
  await progress.clear();
}

const live = "pending,scheduled,running";

function progressText({ name, status, reason, desired }: TaskView, sinceMs: number): string {
  const state = desired === "stopped" ? "stopping" : status;
  const why = reason.message === state ? "" : `, ${reason.message}`;
  return `${name}: ${state}${why} (${formatWait(sinceMs)})`;
}

/** What the task is now; null where it was removed meanwhile. */
export async function currentTask(context: Context, taskId: string): Promise<TaskView | null> {
  const found = await context.try("getTask", { id: taskId });
  if (found.ok) return found.value as TaskView;
  if (found.refusal.code === "task-not-found") return null;
  throw new RefusedError(found.refusal);
}
