// podling stop: stops tasks and waits until they have stopped.

import type { TaskView } from "../../../api/views/task.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { each } from "./each.ts";
import { waitForTask } from "./wait-task.ts";

/** After the grace of a task, its node gets this long to kill it and to report that. */
const afterGraceMs = 30_000;

export const stop: Command = {
  name: "stop",
  summary: "Stop tasks",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "Sends SIGTERM to each task, kills it after its stop timeout, and waits until it has stopped. Stopped tasks and their logs are kept until podling rm or podling prune.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [
    { long: "detach", short: "d", description: "do not wait" },
    { long: "no-wait", description: "the same as --detach" },
    {
      long: "timeout",
      value: "TIME",
      description: "wait at most this long; by default the task's stop timeout and 30 s more",
    },
  ],
  refused: { "--all": "write podling stop $(podling ps -q)", "-a": "write podling stop $(podling ps -q)" },
  examples: [
    ["podling stop web db", "stop two tasks"],
    ["podling stop $(podling ps -q -l app=shop)", "stop all tasks with a label"],
  ],
  async run(context) {
    const { flags, words } = context;
    const wait = !flags.has("detach") && !flags.has("no-wait");
    const timeoutMs = flags.durationMs("timeout");
    return each(context, words, (reference) => stopOne(context, reference, wait, timeoutMs));
  },
};

async function stopOne(
  context: Context,
  reference: string,
  wait: boolean,
  timeout: number | undefined,
): Promise<number> {
  const stopping = await context.call("stopTask", { id: reference });
  const timeoutMs = timeout ?? stopping.stopGraceSeconds * 1000 + afterGraceMs;
  const ended = wait
    ? await waitForTask(context, stopping, "finished", { timeoutMs, progress: context.words.length === 1 })
    : stopping;
  if (!wait || isFinished(ended.status)) {
    await context.out(`${reference}\n`);
    return exitCodes.done;
  }
  await reportNotStopped(context, ended);
  return exitCodes.notYet;
}

async function reportNotStopped(context: Context, { name, nodeId, status, reason }: TaskView): Promise<void> {
  const node = nodeId === null ? null : await context.try("getNode", { id: nodeId });
  const offline = node?.ok && node.value?.status === "offline" ? `; its node ${node.value.hostname} is offline` : "";
  await context.say(`${name} is stopping, but still ${status}: ${reason.message}${offline}`);
}
