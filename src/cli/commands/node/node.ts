// podling node: commands for the nodes of the cluster.

import type { Node } from "../../../model/node/node.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import { labelsText } from "../../render/nodes.ts";
import { counted } from "../../render/words.ts";
import { dryRun, dryRunFlag, refuseJson } from "../plan/dry-run.ts";
import { each } from "../task/each.ts";
import { nodeClean } from "./node-clean.ts";
import { nodeDrain, nodeUndrain } from "./node-drain.ts";

const someNodes: Arguments = { name: "NODE", min: 1, max: Number.POSITIVE_INFINITY, completes: "nodes" };
const usage = "NODE [NODE ...]";

const inspect: Command = {
  name: "node inspect",
  summary: "Show node details as JSON",
  usage,
  description: ["Prints an object for one node, and a list for several."],
  arguments: someNodes,
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling node inspect n1", "all details of n1"]],
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
  summary: "Place no new tasks on nodes; running tasks continue",
  usage,
  arguments: someNodes,
  flags: [],
  examples: [["podling node cordon n1", "before maintenance"]],
  run: (context) => setSchedulable(context, "cordonNode", "cordoned"),
};

const uncordon: Command = {
  name: "node uncordon",
  summary: "Place tasks on nodes again",
  description: [
    "Waiting tasks that fit are placed at once. It also ends the damping of a node that went offline too often.",
  ],
  usage,
  arguments: someNodes,
  flags: [],
  examples: [["podling node uncordon n1", "after maintenance"]],
  run: (context) => setSchedulable(context, "uncordonNode", "uncordoned"),
};

const label: Command = {
  name: "node label",
  summary: "Set or remove labels of a node, for --constraint of podling run",
  usage: "NODE KEY=VALUE|KEY- [...]",
  description: [
    "They are kept by the master, win over the labels that the worker declares with --label, and stay when it registers again. KEY- removes a label that was set this way. Tasks that wait for a label are placed at once; tasks that run already continue.",
  ],
  arguments: { name: "NODE and KEY=VALUE or KEY-", min: 2, max: Number.POSITIVE_INFINITY, completes: "nodes" },
  flags: [],
  outputs: ["table", "json"],
  examples: [
    ["podling node label n1 disk=ssd zone=a", "set two labels"],
    ["podling node label n1 zone-", "remove one"],
  ],
  async run(context) {
    const [id, ...words] = context.words;
    const remove = words.filter((word) => !word.includes("=") && word.endsWith("-")).map((word) => word.slice(0, -1));
    const set = Object.fromEntries(words.filter((word) => word.includes("=") || !word.endsWith("-")).map(pairOf));
    const both = remove.find((key) => Object.hasOwn(set, key));
    if (both !== undefined) throw new UsageError(`${both} is set and removed`, "Write one of them.");
    const node = await context.call("labelNode", { id: id!, body: { set, remove } });
    if (context.output() === "json") await context.outJson(node);
    else await context.out(`${node.hostname} ${labelsText(node.labels)}\n`);
    for (const key of remove.filter((one) => Object.hasOwn(node.labels, one)))
      await context.say(`${key}=${node.labels[key]} is left: its worker declares it`);
    return exitCodes.done;
  },
};

/** A word without an equals sign may be meant for another node, so it is no label. */
function pairOf(word: string): [key: string, value: string] {
  const equals = word.indexOf("=");
  if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1)];
  throw new UsageError(`${JSON.stringify(word)} is no label`, "Write KEY=VALUE to set it, or KEY- to remove it.");
}

const lost: Command = {
  name: "node lost",
  summary: "Declare nodes lost, without waiting for the heartbeat timeout",
  description: [
    "For a machine that is really gone, above all while mass-loss protection is active because most nodes stopped sending heartbeats at once. Unfinished tasks of the node fail, and are replaced on other nodes if their restart policy allows it. If the node comes back, its worker stops the containers of these tasks.",
  ],
  usage: `${usage} [flags]`,
  arguments: someNodes,
  flags: [{ long: "force", short: "f", description: "also a node that has just sent a heartbeat" }],
  examples: [["podling node lost n3", "the machine is dead, but the master is still waiting for it"]],
  run: (context) =>
    each(context, context.words, async (reference, turn) => {
      const query = context.flags.has("force") ? { force: true } : {};
      const { hostname } = await context.call("loseNode", { id: reference, query });
      await turn;
      await context.out(`${hostname} lost\n`);
      return exitCodes.done;
    }),
};

const rm: Command = {
  name: "node rm",
  summary: "Remove nodes from the cluster",
  description: ["Their unfinished tasks fail, and are replaced on other nodes if their restart policy allows it."],
  usage: `${usage} [flags]`,
  arguments: someNodes,
  flags: [{ long: "force", short: "f", description: "also remove nodes that are online" }, dryRunFlag],
  outputs: ["table", "json"],
  examples: [
    ["podling node rm n3", "remove a machine that no longer exists"],
    ["podling node rm n3 --dry-run", "what would end, and what would start elsewhere"],
  ],
  async run(context) {
    if (context.flags.has("dry-run"))
      return dryRun(
        context,
        context.words.map((node) => ({ removeNode: { node } })),
      );
    refuseJson(context);
    return each(context, context.words, async (reference, turn) => {
      const node = await context.call("getNode", { id: reference });
      if (node.status === "online" && !context.flags.has("force")) {
        throw new Failure(
          `${node.hostname} is online, with ${counted(node.runningTasks, "task")}`,
          `Stop its worker first, or use podling node rm -f ${reference}`,
        );
      }
      await context.call("deregisterNode", { id: node.nodeId });
      await turn;
      await context.out(`${reference}\n`);
      return exitCodes.done;
    });
  },
};

export const node: CommandGroup = {
  name: "node",
  summary: "Inspect, label, cordon, drain, clean or remove nodes",
  commands: [inspect, label, cordon, uncordon, nodeDrain, nodeUndrain, nodeClean, lost, rm],
};

function setSchedulable(context: Context, id: "cordonNode" | "uncordonNode", now: string): Promise<number> {
  return each(context, context.words, async (reference, turn) => {
    const { hostname, draining } = await context.call(id, { id: reference });
    await turn;
    await context.out(`${hostname} ${now}\n`);
    if (id === "uncordonNode" && draining)
      await context.say(`${hostname} is still being drained: podling node undrain ${hostname}`);
    return exitCodes.done;
  });
}
