// podling stop: ask tasks to stop, and wait until they have.

import type { TaskView } from "../../../api/views/task.ts";
import { isFinished } from "../../../model/task/task.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { each } from "./each.ts";
import { waitForTask } from "./wait-task.ts";

/** Beyond its grace, a task's node gets this long to kill it and to say so. */
const afterGraceMs = 30_000;

export const stop: Command = {
  name: "stop",
  summary: "Stop tasks",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "Asks each task to end (SIGTERM), kills it when its grace is over, and waits until it has stopped. Stopped tasks stay for their logs until podling rm or prune.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [
    { long: "detach", short: "d", description: "do not wait" },
    { long: "no-wait", description: "the same" },
    { long: "timeout", value: "TIME", description: "wait so long; left out: the task's grace and 30 s" },
  ],
  examples: [
    ["podling stop web db", "two at once"],
    ["podling stop $(podling ps -q -l app=shop)", "all that carry a label"],
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
  const asked = await context.call("stopTask", { id: reference });
  const timeoutMs = timeout ?? asked.stopGraceSeconds * 1000 + afterGraceMs;
  const ended = wait
    ? await waitForTask(context, asked, "finished", { timeoutMs, progress: context.words.length === 1 })
    : asked;
  if (!wait || isFinished(ended.status)) {
    await context.out(`${reference}\n`);
    return exitCodes.done;
  }
  await tellStillThere(context, ended);
  return exitCodes.notYet;
}

async function tellStillThere(context: Context, { name, nodeId, status, reason }: TaskView): Promise<void> {
  const node = nodeId === null ? null : await context.try("getNode", { id: nodeId });
  const offline = node?.ok && node.value?.status === "offline" ? `; its node ${node.value.hostname} is offline` : "";
  await context.say(`${name} has been asked to stop, and is still ${status}: ${reason.message}${offline}`);
}
