// podling wait: waits until a task runs or has finished.

import type { TaskView } from "../../../api/views/task.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { writeError } from "../../command/failure.ts";
import { statusText } from "../../render/tasks.ts";
import { formatWait } from "../../render/time.ts";
import { patienceMs, reached, type WaitFor, waitForTask } from "./wait-task.ts";

export const wait: Command = {
  name: "wait",
  summary: "Wait until a task runs or has finished",
  usage: "TASK [flags]",
  description: [
    "Prints the status and exit code of the task. The exit code of podling is 0 when the task runs (--for running) or has completed (--for finished), 1 when it failed or was stopped, and 124 at the timeout.",
  ],
  arguments: { name: "TASK", min: 1, max: 1, completes: "tasks" },
  flags: [
    {
      long: "for",
      value: "STATE",
      description: "state to wait for: running or finished",
      default: "finished",
      choices: ["running", "finished"],
    },
    { long: "timeout", value: "TIME", description: "give up after this time, such as 30s or 5m; never by default" },
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling wait job && echo done", "continue only if the job completed"]],
  async run(context) {
    const { flags, words } = context;
    const wanted = flags.text("for") as WaitFor;
    const timeoutMs = flags.durationMs("timeout") ?? patienceMs;
    const task = await context.call("getTask", { id: words[0]! });
    const latest = await waitForTask(context, task, wanted, { timeoutMs });
    if (!reached(latest, wanted)) {
      const why = latest.reason.message === latest.status ? "" : `: ${latest.reason.message}`;
      const message = `${latest.name} is still ${latest.status} after ${formatWait(timeoutMs)}${why}`;
      await writeError(context.io.stderr, message, `Details: podling explain ${latest.name}`);
      return exitCodes.timeout;
    }
    return print(context, latest);
  },
};

async function print(context: Context, task: TaskView): Promise<number> {
  if (context.output() === "json") await context.outJson(task);
  else if (context.output() === "name") await context.out(`${task.name}\n`);
  else await context.out(`${task.name} ${statusText(task)}\n`);
  const failed = isFinished(task.status) && task.status !== "completed";
  if (!failed) return exitCodes.done;
  // stdout has the status and the exit code already: only another reason is news.
  const { code, message } = task.reason;
  if (code !== "exited" && message !== task.status)
    await writeError(context.io.stderr, message, `Details: podling explain ${task.name}`);
  return exitCodes.error;
}
