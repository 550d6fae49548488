// podling node: one machine of the cluster.

import type { Node } from "../../../model/node/node.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure } from "../../command/failure.ts";
import { each } from "../task/each.ts";
import { nodeClean } from "./node-clean.ts";

const someNodes: Arguments = { name: "NODE", min: 1, max: Number.POSITIVE_INFINITY, completes: "nodes" };
const usage = "NODE [NODE ...]";

const inspect: Command = {
  name: "node inspect",
  summary: "Show all that is known of nodes, as JSON",
  usage,
  description: ["One node is an object, several are a list."],
  arguments: someNodes,
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling node inspect n1", "everything"]],
  async run(context) {
    const nodes: Node[] = [];
    for (const id of context.words) nodes.push(await context.call("getNode", { id }));
    if (context.output() === "name") await context.out(nodes.map(({ hostname }) => `${hostname}\n`).join(""));
    else await context.outJson(nodes.length === 1 ? nodes[0] : nodes);
    return exitCodes.done;
  },
};

const cordon: Command = {
  name: "node cordon",
  summary: "Place nothing more on nodes; what runs there goes on",
  usage,
  arguments: someNodes,
  flags: [],
  examples: [["podling node cordon n1", "before maintenance"]],
  run: (context) => setSchedulable(context, "cordonNode", "cordoned"),
};

const uncordon: Command = {
  name: "node uncordon",
  summary: "Place tasks on nodes again; what waited for room is placed at once",
  description: ["It also ends the damping of a node that was lost too often."],
  usage,
  arguments: someNodes,
  flags: [],
  examples: [["podling node uncordon n1", "after maintenance"]],
  run: (context) => setSchedulable(context, "uncordonNode", "open for tasks"),
};

const lost: Command = {
  name: "node lost",
  summary: "Declare nodes lost, without waiting for the master to find out",
  description: [
    "For a machine that is really gone, above all while the master holds because most nodes fell silent at once. Unfinished tasks of the node fail, or are replaced elsewhere where their restart policy says so. Should it come back, it stops what is no longer its own.",
  ],
  usage: `${usage} [flags]`,
  arguments: someNodes,
  flags: [{ long: "force", short: "f", description: "also a node that was heard just now" }],
  examples: [["podling node lost n3", "it burnt, and the master still holds"]],
  run: (context) =>
    each(context, context.words, async (reference) => {
      const query = context.flags.has("force") ? { force: true } : {};
      const { hostname } = await context.call("loseNode", { id: reference, query });
      await context.out(`${hostname} lost\n`);
      return exitCodes.done;
    }),
};

const rm: Command = {
  name: "node rm",
  summary: "Forget nodes",
  description: ["Their unfinished tasks fail, or are replaced elsewhere where their restart policy says so."],
  usage: `${usage} [flags]`,
  arguments: someNodes,
  flags: [{ long: "force", short: "f", description: "also a node that is online" }],
  examples: [["podling node rm n3", "a machine that is gone for good"]],
  run: (context) =>
    each(context, context.words, async (reference) => {
      const node = await context.call("getNode", { id: reference });
      if (node.status === "online" && !context.flags.has("force")) {
        throw new Failure(
          `${node.hostname} is online, with ${node.runningTasks} tasks`,
          `Stop its worker first, or use podling node rm -f ${reference}`,
        );
      }
      await context.call("deregisterNode", { id: node.nodeId });
      await context.out(`${reference}\n`);
      return exitCodes.done;
    }),
};

export const node: CommandGroup = {
  name: "node",
  summary: "Inspect, cordon, uncordon, clean, give up or remove a node",
  commands: [inspect, cordon, uncordon, nodeClean, lost, rm],
};

function setSchedulable(context: Context, id: "cordonNode" | "uncordonNode", now: string): Promise<number> {
  return each(context, context.words, async (reference) => {
    const { hostname } = await context.call(id, { id: reference });
    await context.out(`${hostname} ${now}\n`);
    return exitCodes.done;
  });
}
