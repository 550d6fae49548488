// podling rm: remove finished tasks and their containers.

import { each } from "../each.ts";
import { exitCodes } from "../exit-codes.ts";
import { RefusedError } from "../failure.ts";
import type { Verb } from "../verb.ts";

export const rm: Verb = {
  name: "rm",
  summary: "Remove finished tasks, their containers and logs",
  usage: "TASK [TASK ...] [flags]",
  words: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [{ long: "force", short: "f", description: "also a task that runs; it is stopped first" }],
  examples: [["podling rm -f web", "stop and remove"]],
  async run(context) {
    const query = context.flags.has("force") ? { force: true } : {};
    return each(context, context.words, async (reference) => {
      const outcome = await context.try("deleteTask", { id: reference, query });
      if (!outcome.ok && outcome.refusal.code === "task-live") {
        const hint = `Stop it with podling stop ${reference}, or use podling rm -f ${reference}`;
        throw new RefusedError({ ...outcome.refusal, hint });
      }
      if (!outcome.ok) throw new RefusedError(outcome.refusal);
      await context.out(`${reference}\n`);
      return exitCodes.done;
    });
  },
};
