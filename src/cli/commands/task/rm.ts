// podling rm: removes finished tasks and their containers.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError } from "../../command/failure.ts";
import { each } from "./each.ts";

export const rm: Command = {
  name: "rm",
  summary: "Remove finished tasks with their containers and logs",
  usage: "TASK [TASK ...] [flags]",
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [{ long: "force", short: "f", description: "also stop and remove unfinished tasks" }],
  refused: {
    "-v": "volumes stay when a task is removed. Unused ones: podling node clean --volumes. For --verbose, write -v before rm",
    "--all": "finished tasks: podling prune. All others too: podling rm -f $(podling ps -q)",
    "-a": "finished tasks: podling prune. All others too: podling rm -f $(podling ps -q)",
    "--volumes": "volumes stay when a task is removed. Unused ones: podling node clean --volumes",
  },
  examples: [["podling rm -f web", "stop and remove web"]],
  async run(context) {
    const query = context.flags.has("force") ? { force: true } : {};
    return each(context, context.words, async (reference) => {
      const outcome = await context.try("deleteTask", { id: reference, query });
      if (!outcome.ok && outcome.refusal.code === "task-live") {
        const hint = `Use podling stop ${reference}, or podling rm -f ${reference}`;
        throw new RefusedError({ ...outcome.refusal, hint });
      }
      if (!outcome.ok) throw new RefusedError(await context.withOtherKind(outcome.refusal, { id: reference }));
      await context.out(`${reference}\n`);
      return exitCodes.done;
    });
  },
};
