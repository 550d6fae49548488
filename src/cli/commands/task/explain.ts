// podling explain: why a task is where it is, or why it is nowhere.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { renderExplanation } from "../../render/explanation.ts";

export const explain: Command = {
  name: "explain",
  summary: "Show why a task is where it is, or why not yet",
  usage: "TASK [flags]",
  description: [
    "The scheduler's working: each node against each filter, the scores of those that fit, and for a task that waits the smallest change that would make it fit.",
    "With many nodes it shows the twenty that matter most; -o wide shows all.",
  ],
  arguments: { name: "TASK", min: 1, max: 1, completes: "tasks" },
  flags: [],
  outputs: ["table", "wide", "json"],
  examples: [["podling explain web", "why here, or why not yet?"]],
  async run(context) {
    const explanation = await context.call("explainTask", { id: context.words[0]! });
    if (context.output() === "json") await context.outJson(explanation);
    else {
      const wide = context.output() === "wide";
      await context.out(renderExplanation(explanation, context.style("stdout"), context.tableWidth(), wide));
    }
    return exitCodes.done;
  },
};
