// podling kill: sends a signal to tasks. KILL, the default, ends them.

import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { each } from "./each.ts";
import { checkedSignal } from "./flags/signal.ts";
import { refusedAll, untilStopped } from "./stop.ts";

export const kill: Command = {
  name: "kill",
  summary: "Send a signal to the main process of tasks; by default kill them",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "KILL stops the task as podling stop -t 0 does, also if its node is away for a moment. Any other signal is sent to a running container at once, and what follows is up to its program and its restart policy. A task of several containers gets it in its first one, or in that of -c, which takes KILL too.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [
    {
      long: "signal",
      short: "s",
      value: "SIGNAL",
      description: "name or number of the signal: HUP, SIGUSR1, 15",
      default: "KILL",
    },
    {
      long: "container",
      short: "c",
      value: "NAME",
      description: "one container of a task that has several; its restart policy says what follows",
    },
  ],
  refused: {
    ...refusedAll("kill"),
    ...{ "-1": "write -s HUP", "-2": "write -s INT", "-3": "write -s QUIT", "-9": "write -s KILL" },
    ...{ "-H": "write -s HUP", "-I": "write -s INT", "-Q": "write -s QUIT", "-K": "write -s KILL" },
    ...{ "-T": "write -s TERM", "-U": "write -s USR1 or -s USR2", "-S": "write -s SIGNAL" },
  },
  examples: [
    ["podling kill -s HUP web", "many servers read their configuration again"],
    ["podling kill web", "stop it without a grace"],
    ["podling kill -c cache shop", "kill one container of a task that has several"],
  ],
  async run(context) {
    const signal = checkedSignal("-s", context.flags.text("signal")!);
    const container = context.flags.text("container");
    const query = container === undefined ? { signal } : { signal, container };
    return each(context, context.words, (reference, turn) => killOne(context, reference, query, turn));
  },
};

async function killOne(
  context: Context,
  id: string,
  query: { signal: string; container?: string },
  turn: Promise<void>,
): Promise<number> {
  const task = await context.call("killTask", { id, query });
  if (task.desired === "stopped") return untilStopped(context, id, task, turn);
  await turn;
  await context.out(`${id}\n`);
  return exitCodes.done;
}
