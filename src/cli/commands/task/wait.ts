// podling wait: waits until a task runs or has finished.

import type { TaskView } from "../../../api/views/task.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { writeError } from "../../command/failure.ts";
import { statusText } from "../../render/tasks.ts";
import { formatWait } from "../../render/time.ts";
import { each } from "./each.ts";
import { patienceMs, reached, type WaitFor, waitForTask } from "./wait-task.ts";

export const wait: Command = {
  name: "wait",
  summary: "Wait until tasks run, are ready, or have finished",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "Prints the status and exit code of each task. The exit code of podling is 0 when the tasks run (--for running), are ready (--for ready) or have completed (--for finished), 1 when one failed or was stopped, and 124 at the timeout. -o json prints an object for one task, and for several a list of those that got there.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [
    {
      long: "for",
      value: "STATE",
      description: "state to wait for: running, ready (it runs, and its probes have passed) or finished",
      default: "finished",
      choices: ["running", "ready", "finished"],
    },
    { long: "timeout", value: "TIME", description: "give up after this time, such as 30s or 5m; never by default" },
  ],
  refused: { "-t": "write --timeout TIME", "--condition": "write --for running, --for ready, or --for finished" },
  outputs: ["table", "json", "name"],
  examples: [
    ["podling wait job && echo done", "continue only if the job completed"],
    ["podling wait --for running web db", "wait for two tasks"],
  ],
  async run(context) {
    const { flags, words } = context;
    const wanted = flags.text("for") as WaitFor;
    const timeoutMs = flags.durationMs("timeout") ?? patienceMs;
    const { clock } = context.io;
    const endsAt = clock.elapsed() + timeoutMs;
    const reachedTasks: TaskView[] = [];
    try {
      // One after the other: the line that shows the progress is that of one task.
      return await each(context, words, async (reference, turn) => {
        await turn;
        const task = await context.call("getTask", { id: reference });
        const latest = await waitForTask(context, task, wanted, { timeoutMs: Math.max(1, endsAt - clock.elapsed()) });
        if (!reached(latest, wanted)) return timedOut(context, latest, timeoutMs);
        reachedTasks.push(latest);
        return print(context, latest);
      });
    } finally {
      // Also if the master has gone away: the list is of those that got there by then.
      if (context.output() === "json") await printJson(context, words.length, reachedTasks);
    }
  },
};

async function printJson(context: Context, asked: number, tasks: readonly TaskView[]): Promise<void> {
  if (asked > 1) await context.outJson(tasks);
  else if (tasks[0]) await context.outJson(tasks[0]);
}

async function timedOut(context: Context, task: TaskView, timeoutMs: number): Promise<number> {
  const { name, status, reason } = task;
  const why = reason.message === status ? "" : `: ${reason.message}`;
  const message = `${name} is still ${status} after ${formatWait(timeoutMs)}${why}`;
  await writeError(context.io.stderr, message, `Details: podling explain ${name}`);
  return exitCodes.timeout;
}

async function print(context: Context, task: TaskView): Promise<number> {
  if (context.output() === "name") await context.out(`${task.name}\n`);
  else if (context.output() === "table") await context.out(`${task.name} ${statusText(task)}\n`);
  const failed = isFinished(task.status) && task.status !== "completed";
  if (!failed) return exitCodes.done;
  // stdout has the status and the exit code already: only another reason is news.
  const { code, message } = task.reason;
  if (code !== "exited" && message !== task.status)
    await writeError(context.io.stderr, message, `Details: podling explain ${task.name}`);
  return exitCodes.error;
}
