// podling nodes: a table of nodes.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { nodeColumns, nodeNotes } from "../../render/nodes.ts";

export const nodes: Command = {
  name: "nodes",
  summary: "List nodes",
  usage: "[flags]",
  description: [
    "An online node may still receive no new tasks: suspect (its connection just dropped) or silent (no heartbeat, but so are most nodes, so the master waits). A damped node (it went offline too often) receives tasks only if no other node fits. The reason is printed on stderr.",
  ],
  flags: [{ long: "quiet", short: "q", description: "only ids, one a line" }],
  outputs: ["table", "wide", "json", "name"],
  examples: [
    ["podling nodes", "status and use of each node"],
    ["podling nodes -o wide", "also addresses, engines and labels"],
  ],
  async run(context) {
    const found = await context.call("listNodes");
    if (context.flags.has("quiet")) await context.out(found.map(({ nodeId }) => `${nodeId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(found);
    else if (context.output() === "name") await context.out(found.map(({ hostname }) => `${hostname}\n`).join(""));
    else if (found.length === 0 && context.io.stdout.isTty) {
      await context.err("no nodes. Start a worker with: podling worker --master URL\n");
    } else await context.outTable(nodeColumns(context.masterNow(), context.output() === "wide"), found);
    if (!context.flags.has("quiet") && context.output() !== "name") {
      for (const note of nodeNotes(found)) await context.say(note);
    }
    return exitCodes.done;
  },
};
