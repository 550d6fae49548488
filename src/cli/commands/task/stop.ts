// podling stop: stops tasks and waits until they have stopped.

import type { TaskView } from "../../../api/views/task.ts";
import { limits } from "../../../model/limits.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import type { Flag } from "../../command/flag.ts";
import { each } from "./each.ts";
import { waitForTask } from "./wait-task.ts";

/** After the grace of a task, its node gets this long to kill it and to report that. */
export const afterGraceMs = 30_000;

export const graceFlag: Flag = {
  long: "time",
  short: "t",
  value: "SECONDS",
  description: "seconds before the kill, this time; by default the task's stop timeout",
};

/** Of `graceFlag`; undefined if it is not given. */
export function graceSeconds({ flags }: Context): number | undefined {
  return flags.integer("time", 0, limits.stopGraceSecondsMax);
}

/** Other tools act on everything, or on a selection, with a flag. */
export function refusedAll(command: string): Readonly<Record<string, string>> {
  const all = `write podling ${command} $(podling ps -q)`;
  const selected = `write podling ${command} $(podling ps -q -l KEY=VALUE)`;
  return { "--all": all, "-a": all, "-l": selected, "--selector": selected };
}

/** Of the commands that stop a container. */
export function refusedStopFlags(command: string): Readonly<Record<string, string>> {
  const signal = "write podling kill -s SIGNAL TASK; podling run --stop-signal sets the one that stops a task";
  const force = "write -t 0, or podling kill TASK";
  return {
    ...refusedAll(command),
    ...{ "-s": signal, "--signal": signal, "-f": force, "--force": force, "--now": force },
    "--grace-period": "write -t SECONDS",
  };
}

export const stop: Command = {
  name: "stop",
  summary: "Stop tasks",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "Sends SIGTERM to each task, kills it after its stop timeout, and waits until it has stopped. Stopped tasks and their logs are kept until podling rm or podling prune.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [
    graceFlag,
    { long: "detach", short: "d", description: "do not wait" },
    { long: "no-wait", description: "the same as --detach" },
    {
      long: "timeout",
      value: "TIME",
      description: "wait at most this long; by default the task's stop timeout and 30 s more",
    },
  ],
  refused: refusedStopFlags("stop"),
  examples: [
    ["podling stop web db", "stop two tasks"],
    ["podling stop -t 1 web", "kill it after one second"],
    ["podling stop $(podling ps -q -l app=shop)", "stop all tasks with a label"],
  ],
  async run(context) {
    const { flags, words } = context;
    const wait = !flags.has("detach") && !flags.has("no-wait");
    const timeoutMs = flags.durationMs("timeout");
    const grace = graceSeconds(context);
    return each(context, words, async (reference, turn) => {
      const query = grace === undefined ? {} : { graceSeconds: grace };
      const stopping = await context.call("stopTask", { id: reference, query });
      if (wait) return untilStopped(context, reference, stopping, turn, timeoutMs);
      await turn;
      await context.out(`${reference}\n`);
      return exitCodes.done;
    });
  },
};

/** Waits for a task that is being stopped, and prints its reference when it has stopped. */
export async function untilStopped(
  context: Context,
  reference: string,
  stopping: TaskView,
  turn: Promise<void>,
  timeout?: number,
): Promise<number> {
  const { requests, stopGraceSeconds } = stopping;
  const timeoutMs = timeout ?? (requests?.graceSeconds ?? stopGraceSeconds) * 1000 + afterGraceMs;
  const ended = await waitForTask(context, stopping, "finished", { timeoutMs, progress: context.words.length === 1 });
  await turn;
  if (isFinished(ended.status)) {
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
