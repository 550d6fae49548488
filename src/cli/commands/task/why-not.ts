// podling why-not: why a task is not on a certain node.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { oneLine } from "../../render/style.ts";
import { wrapAfter } from "../../render/wrap.ts";

export const whyNot: Command = {
  name: "why-not",
  summary: "Show why a task is not on a certain node, and what would have to change",
  usage: "TASK NODE [flags]",
  description: [
    "Evaluates the node for the task as the cluster is now, also for a task that runs on another node: each filter that the node fails with numbers, or its score beside that of the best node.",
  ],
  arguments: { name: "TASK and NODE", min: 2, max: 2, completes: "tasks" },
  flags: [],
  outputs: ["table", "json"],
  examples: [["podling why-not web.4 n2", "n2 is empty, and web.4 is not there"]],
  async run(context) {
    const [id, node] = context.words as [string, string];
    const answer = await context.call("whyNot", { id, query: { node } });
    if (context.output() === "json") {
      await context.outJson(answer);
      return exitCodes.done;
    }
    const width = context.tableWidth();
    await context.out(wrapAfter("", oneLine(answer.sentence), width));
    if (answer.change !== null) await context.out(wrapAfter("", `To change that: ${oneLine(answer.change)}`, width));
    return exitCodes.done;
  },
};
