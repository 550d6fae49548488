// podling explain: why a task was placed on its node, or why it is waiting.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { renderExplanation } from "../../render/explanation.ts";

export const explain: Command = {
  name: "explain",
  summary: "Show why a task runs where it runs, or why it is waiting",
  usage: "TASK [flags]",
  description: [
    "Shows how the scheduler evaluated each node: which filters it passes, its score, and for a waiting task the smallest change that would let it run. docs/GLOSSARY.md describes the filters.",
    "With many nodes it shows the twenty most relevant ones; -o wide shows all nodes, and all filters as columns.",
  ],
  arguments: { name: "TASK", min: 1, max: 1, completes: "tasks" },
  flags: [],
  outputs: ["table", "wide", "json"],
  examples: [["podling explain web", "why is web on this node, or still waiting?"]],
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
