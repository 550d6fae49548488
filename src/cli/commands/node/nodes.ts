// podling nodes: the machines of the cluster.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { nodeColumns, nodeNotes } from "../../render/nodes.ts";

export const nodes: Command = {
  name: "nodes",
  summary: "List nodes",
  usage: "[flags]",
  description: [
    "A node that is online may still get nothing new: suspect (its connection broke, it has moments to come back), silent (most are, so the master holds rather than lose them), or damped (lost too often). Sentences on stderr say why.",
  ],
  flags: [{ long: "quiet", short: "q", description: "only ids, one a line" }],
  outputs: ["table", "wide", "json", "name"],
  examples: [
    ["podling nodes", "state, and what is taken of each"],
    ["podling nodes -o wide", "with addresses, engines and labels"],
  ],
  async run(context) {
    const found = await context.call("listNodes");
    if (context.flags.has("quiet")) await context.out(found.map(({ nodeId }) => `${nodeId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(found);
    else if (context.output() === "name") await context.out(found.map(({ hostname }) => `${hostname}\n`).join(""));
    else if (found.length === 0 && context.io.stdout.isTty) {
      await context.err("no nodes yet. Start one with: podling worker --master URL\n");
    } else await context.outTable(nodeColumns(context.io.clock.now(), context.output() === "wide"), found);
    if (!context.flags.has("quiet") && context.output() !== "name") {
      for (const note of nodeNotes(found)) await context.say(note);
    }
    return exitCodes.done;
  },
};
