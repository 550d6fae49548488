// podling rm: removes finished tasks and their containers; with -f also unfinished ones, and then waits until the container
// is gone.

import type { CallOptions } from "../../../api/client.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError } from "../../command/failure.ts";
import { each } from "./each.ts";

type Query = NonNullable<CallOptions<"deleteTask">["query"]>;

/** Beyond this, the node of the task does not answer, or its engine is in trouble. */
const patience = "15s";

export const rm: Command = {
  name: "rm",
  summary: "Remove finished tasks with their containers and logs",
  usage: "TASK [TASK ...] [flags]",
  description: [
    "With -f also unfinished tasks: their containers are killed at once, and podling returns when they are gone. If the node of a task cannot be reached, the exit code is 2; its container goes when the node is back. It is also 2 if the master cannot ask the worker whether the container is gone.",
  ],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [
    { long: "force", short: "f", description: "also kill and remove unfinished tasks" },
    {
      long: "volumes",
      short: "v",
      description: "as for docker; anonymous volumes always go with their container, and named ones always stay",
    },
  ],
  refused: {
    "-l": "write podling rm $(podling ps -a -q -l KEY=VALUE)",
    "--selector": "write podling rm $(podling ps -a -q -l KEY=VALUE)",
    "--link": "tasks have no links",
    "--grace-period": "write podling stop -t SECONDS TASK, then podling rm TASK",
    "--all": "finished tasks: podling prune. All others too: podling rm -f $(podling ps -q)",
    "-a": "finished tasks: podling prune. All others too: podling rm -f $(podling ps -q)",
  },
  examples: [["podling rm -f web", "kill and remove web"]],
  async run(context) {
    const force = context.flags.has("force");
    return each(context, context.words, (reference, turn) => removeOne(context, reference, force, turn));
  },
};

async function removeOne(context: Context, reference: string, force: boolean, turn: Promise<void>): Promise<number> {
  const query: Query = force ? { force: true, wait: "gone", timeout: patience } : {};
  const response = await remove(context, reference, query);
  if (response.status === 202) {
    const { message } = (await context.json(response)) as { message: string };
    await turn;
    await context.say(message);
    return exitCodes.notYet;
  }
  await turn;
  await context.out(`${reference}\n`);
  return exitCodes.done;
}

async function remove(context: Context, id: string, query: Query): Promise<Response> {
  try {
    return await context.fetch("deleteTask", { id, query });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { refusal } = error;
    // A master of 0.1.0 removes the record at once, and its worker the container later.
    if (refusal.code === "unknown-field" && query.wait !== undefined) return remove(context, id, { force: true });
    if (refusal.code !== "task-live") throw new RefusedError(await context.withOtherKind(refusal, { id }));
    throw new RefusedError({ ...refusal, hint: `Use podling stop ${id}, or podling rm -f ${id}` });
  }
}
