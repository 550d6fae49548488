// podling wait: until a task runs or has finished.

import type { TaskView } from "../../../api/views/task.ts";
import { isFinished } from "../../../model/task/task.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { errorLine } from "../../command/failure.ts";
import { statusText } from "../../render/tasks.ts";
import { formatWait } from "../../render/time.ts";
import { patienceMs, reached, type WaitFor, waitForTask } from "./wait-task.ts";

export const wait: Command = {
  name: "wait",
  summary: "Wait until a task runs or has finished",
  usage: "TASK [flags]",
  description: [
    "Returns 0 when the task runs (--for running) or has completed (--for finished), 1 when it failed or was stopped, 124 at the timeout. Prints its status and exit code.",
  ],
  arguments: { name: "TASK", min: 1, max: 1, completes: "tasks" },
  flags: [
    {
      long: "for",
      value: "STATE",
      description: "running or finished",
      default: "finished",
      choices: ["running", "finished"],
    },
    { long: "timeout", value: "TIME", description: "give up after 30s, 5m; left out: never" },
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling wait job && echo done", "go on only when it completed"]],
  async run(context) {
    const { flags, words } = context;
    const wanted = flags.text("for") as WaitFor;
    const timeoutMs = flags.durationMs("timeout") ?? patienceMs;
    const task = await context.call("getTask", { id: words[0]! });
    const latest = await waitForTask(context, task, wanted, { timeoutMs });
    if (!reached(latest, wanted)) {
      const message = `${latest.name} is still ${latest.status} after ${formatWait(timeoutMs)}: ${latest.reason.message}`;
      await context.err(errorLine(message, `See podling explain ${latest.name}`));
      return exitCodes.timeout;
    }
    return tell(context, latest);
  },
};

async function tell(context: Context, task: TaskView): Promise<number> {
  if (context.output() === "json") await context.outJson(task);
  else if (context.output() === "name") await context.out(`${task.name}\n`);
  else await context.out(`${task.name} ${statusText(task)}\n`);
  const failed = isFinished(task.status) && task.status !== "completed";
  if (!failed) return exitCodes.done;
  await context.err(errorLine(`${task.name} ${task.status}: ${task.reason.message}`, ""));
  return exitCodes.error;
}
