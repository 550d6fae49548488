// podling nodes: a table of nodes, once or as they change.

import { delay } from "../../../lib/clock.ts";
import type { Node } from "../../../model/node/node.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { patiently, sayReconnecting } from "../../command/reconnect.ts";
import { Repaint } from "../../command/repaint.ts";
import { jsonLine } from "../../render/json.ts";
import { nodeColumns, nodeNotes } from "../../render/nodes.ts";
import type { Column } from "../../render/table.ts";
import { refusedListFlags } from "../list-flags.ts";

function columnsOf(context: Context): Column<Node>[] {
  return nodeColumns(context.masterNow(), context.output() === "wide", context.drawsBars());
}

/** Heartbeats and reserved amounts change without an event, so the list is read again and again. */
const readMs = 1_000;

/** Runs until Ctrl-C, over restarts of the master. */
async function watchNodes(context: Context): Promise<void> {
  const { stdout, clock } = context.io;
  const isTable = !context.flags.has("quiet") && ["table", "wide"].includes(context.output());
  const repaint = new Repaint(stdout);
  const shown = new Map<string, string>();
  let title = "";
  for (let first = true; ; first = false) {
    const read = () => context.call("listNodes");
    const say = () => {
      repaint.leave(); // the message stands below the table
      return sayReconnecting(context);
    };
    const found = await (first ? read() : patiently(context, read, undefined, say));
    if (isTable && stdout.isTty) {
      await repaint.show(found.length === 0 ? "no nodes\n" : context.table(columnsOf(context), found));
    } else {
      const known = new Set(shown.keys());
      for (const node of found) {
        known.delete(node.nodeId);
        const mark = changeMark(node);
        if (shown.get(node.nodeId) === mark) continue;
        shown.set(node.nodeId, mark);
        const [head = "", row = ""] = context.table(columnsOf(context), [node]).split("\n");
        const titled = isTable && title === "" ? `${head}\n` : "";
        title = head;
        await context.out(isTable ? `${titled}${row}\n` : nodeText(context, node));
      }
      for (const nodeId of known) shown.delete(nodeId);
    }
    await delay(clock, readMs);
  }
}

/** What makes a new line: all but the time of the last heartbeat. */
function changeMark({ lastHeartbeat: _, ...node }: Node): string {
  return JSON.stringify(node);
}

function nodeText(context: Context, node: Node): string {
  if (context.flags.has("quiet")) return `${node.nodeId}\n`;
  return context.output() === "json" ? jsonLine(node) : `${node.hostname}\n`;
}

export const nodes: Command = {
  name: "nodes",
  summary: "List nodes",
  usage: "[flags]",
  description: [
    "An online node may still receive no new tasks: suspect (its connection just dropped) or silent (no heartbeat, but so are most nodes, so the master waits). A damped node (it went offline too often) receives tasks only if no other node fits. The reason is printed on stderr.",
  ],
  flags: [
    { long: "quiet", short: "q", description: "only ids, one a line" },
    {
      long: "watch",
      short: "w",
      description: "show the list as it changes, until Ctrl-C; in a pipe a line for each change",
    },
  ],
  outputs: ["table", "wide", "json", "name"],
  refused: {
    ...refusedListFlags("podling nodes", "hostname"),
    "--filter": "write podling nodes -o json | jq '.[] | select(.labels.disk == \"ssd\")'",
    "-l": "write podling nodes -o json | jq '.[] | select(.labels.disk == \"ssd\")'",
  },
  examples: [
    ["podling nodes", "status and use of each node"],
    ["podling nodes -o wide", "also addresses, engines and labels"],
  ],
  async run(context) {
    if (context.flags.has("watch")) {
      await watchNodes(context);
      return exitCodes.done;
    }
    const found = await context.call("listNodes");
    if (context.flags.has("quiet")) await context.out(found.map(({ nodeId }) => `${nodeId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(found);
    else if (context.output() === "name") await context.out(found.map(({ hostname }) => `${hostname}\n`).join(""));
    else if (found.length === 0 && context.io.stdout.isTty) {
      await context.err("no nodes. Start a worker with: podling worker --master URL\n");
    } else await context.outTable(columnsOf(context), found);
    if (!context.flags.has("quiet") && context.output() !== "name") {
      for (const note of nodeNotes(found, context.masterNow())) await context.say(note);
    }
    return exitCodes.done;
  },
};
