// Shows the output of a job's tasks, one task after the other, and waits for the end of the job.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import type { JobView } from "../../../model/job/view.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Context } from "../../command/context.ts";
import { Failure, OutputFailure, writeError } from "../../command/failure.ts";
import { BrokenPipeError } from "../../command/io.ts";
import { patiently } from "../../command/reconnect.ts";
import { jobProgress } from "../../render/jobs.ts";
import { type LogOptions, showLogs } from "../task/follow-logs.ts";
import { patienceMs } from "../task/wait-task.ts";

export interface FollowOptions extends LogOptions {
  /** Only the tasks of this index. */
  index?: number | undefined;
  /** How long it follows. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** How often the tasks are listed while none has started. */
const readMs = 200;

/** Resolves with the job when it has ended, or as it is at the timeout and after the signal. */
export async function followJob(context: Context, jobId: string, options: FollowOptions): Promise<JobView> {
  const { clock } = context.io;
  const { follow, timeoutMs } = options;
  const progress = context.progress();
  const shown = new Set<string>();
  const late = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, late.signal]) : late.signal;
  // Without following, each output that is there is shown to its end, and nothing is waited for.
  const cancel = follow && timeoutMs < patienceMs ? clock.timer(timeoutMs, () => late.abort()) : () => {};
  try {
    for (;;) {
      const job = await patiently(context, () => context.call("getJob", { id: jobId }), options.signal);
      const tasks = await patiently(context, () => context.call("listJobTasks", { id: jobId }), options.signal);
      if (signal.aborted) return job;
      const next = tasks.find((task) => !shown.has(task.taskId) && isOf(task, options.index) && hasOutput(task));
      if (next) {
        await progress.clear();
        shown.add(next.taskId);
        await showTask(context, next, { ...options, signal }, shown.size > 1 || job.completions > 1);
        continue;
      }
      if (job.finishedAt !== null || !follow) return job;
      await progress.show(jobProgress(job), `${job.status} ${job.reason.code} ${job.succeeded}`);
      await delay(clock, readMs, signal);
    }
  } finally {
    cancel();
    await progress.clear();
  }
}

function isOf({ owner }: TaskView, index: number | undefined): boolean {
  return index === undefined || owner?.slot === String(index);
}

function hasOutput({ status, startedAt }: TaskView): boolean {
  return startedAt !== null && (status === "running" || isFinished(status));
}

/** A task whose output cannot be read (its node is gone) does not end the command. */
async function showTask(context: Context, task: TaskView, options: FollowOptions, named: boolean): Promise<void> {
  if (named) await context.say(`==> ${task.name} <==`);
  try {
    await showLogs(context, task, options, options.signal);
  } catch (error) {
    if (!(error instanceof Failure) || error instanceof BrokenPipeError || error instanceof OutputFailure) throw error;
    if (!options.signal?.aborted) await writeError(context.io.stderr, error.message, error.hint);
  }
}
