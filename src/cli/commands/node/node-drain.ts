// podling node drain and undrain: says what leaves a node and what stays until when, and follows it until the node is empty.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import type { Node } from "../../../model/node/node.ts";
import { localMounts } from "../../../model/task/local-data.ts";
import { policyOf } from "../../../model/task/restart-policy.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { writeError } from "../../command/failure.ts";
import { patiently } from "../../command/reconnect.ts";
import { replicasText } from "../../render/services.ts";
import { clockTime, formatWait } from "../../render/time.ts";
import { counted, listed } from "../../render/words.ts";
import { dryRun, dryRunFlag, refuseJson } from "../plan/dry-run.ts";
import { each } from "../task/each.ts";

const nodes = { name: "NODE", min: 1, max: Number.POSITIVE_INFINITY, completes: "nodes" } as const;
const usage = "NODE [NODE ...]";

export const nodeDrain: Command = {
  name: "node drain",
  summary: "Empty nodes: their tasks leave them, and no new ones come",
  usage: `${usage} [flags]`,
  description: [
    "Replicas of services start on other nodes first; each old one is taken out of the endpoints, drained and stopped when another one serves, so that no service has fewer replicas than its rollout policy allows. Where no other node has free capacity, they stay until the deadline.",
    "Tasks of `podling run` with --restart always are stopped and started on another node. Those with on-failure or never may end by themselves until the deadline; then they are stopped, and those with on-failure are started elsewhere.",
    "Tasks with a named volume or a folder of the node stay until the deadline, because their data would stay behind; the output names them. At the deadline everything that is left is stopped.",
    "The node stays drained until podling node undrain. A second drain sets another deadline.",
  ],
  arguments: nodes,
  flags: [
    { long: "deadline", value: "TIME", description: "stop what is left after this time; 0s: at once", default: "10m" },
    { long: "watch", short: "w", description: "follow it until the nodes are empty" },
    dryRunFlag,
  ],
  outputs: ["table", "json"],
  refused: {
    ...{ "--ignore-daemonsets": "leave it out", "--delete-emptydir-data": "leave it out" },
    ...{ "--force": "write --deadline 0s", "-f": "write --deadline 0s", "--timeout": "write --deadline" },
  },
  examples: [
    ["podling node drain n1 --watch", "before maintenance"],
    ["podling node drain n1 --dry-run", "where its tasks would go, and what would wait"],
    ["podling node drain n1 --deadline 1m", "do not wait longer than a minute for batch tasks"],
  ],
  async run(context) {
    const deadlineMs = context.flags.durationMs("deadline")!;
    if (context.flags.has("dry-run"))
      return dryRun(
        context,
        context.words.map((node) => ({ drain: { node, deadlineMs } })),
      );
    refuseJson(context);
    return each(context, context.words, async (reference, turn) => {
      const node = await context.call("drainNode", { id: reference, body: { deadlineMs } });
      const tasks = await tasksOn(context, node);
      await turn;
      await context.out(`${node.hostname} draining\n`);
      for (const line of sorts(node, tasks)) await context.say(line);
      return context.flags.has("watch") ? follow(context, node, tasks) : exitCodes.done;
    });
  },
};

export const nodeUndrain: Command = {
  name: "node undrain",
  summary: "End the drain of nodes: they get tasks again",
  usage,
  description: ["Tasks that have left do not come back by themselves: podling rebalance moves replicas."],
  arguments: nodes,
  flags: [],
  examples: [["podling node undrain n1", "after maintenance"]],
  run: (context) =>
    each(context, context.words, async (reference, turn) => {
      const { hostname, schedulable } = await context.call("undrainNode", { id: reference });
      await turn;
      await context.out(`${hostname} undrained\n`);
      if (!schedulable) await context.say(`${hostname} is still cordoned: podling node uncordon ${hostname}`);
      return exitCodes.done;
    }),
};

async function tasksOn(context: Context, { nodeId }: Node): Promise<TaskView[]> {
  const query = { node: nodeId, status: "scheduled,running", limit: "1000" };
  return [...(await patiently(context, () => context.call("listTasks", { query })))];
}

/** What happens to the tasks, a line for each sort that there is. */
function sorts({ hostname, draining }: Node, tasks: readonly TaskView[]): string[] {
  const until = draining ? `until ${clockTime(draining.deadlineAt)}` : "for now";
  const withData = tasks.filter((task) => localData(task).length > 0);
  const others = tasks.filter((task) => localData(task).length === 0);
  const replicas = others.filter(({ owner }) => owner?.kind === "service");
  const own = others.filter(({ owner }) => owner?.kind !== "service");
  const moved = own.filter(
    ({ owner, restartPolicy }) => (owner ?? null) === null && policyOf(restartPolicy).mode === "always",
  );
  const ending = own.filter((task) => !moved.includes(task));
  const names = (some: readonly TaskView[]) => listed(some.map(({ name }) => name));
  const data = withData.map((task) => `${task.name} (${localData(task).join(", ")})`);
  return [
    replicas.length > 0 ? `moved when another replica serves: ${names(replicas)}` : "",
    moved.length > 0 ? `stopped, and started on another node: ${names(moved)}` : "",
    ending.length > 0 ? `may end by themselves ${until}: ${names(ending)}` : "",
    data.length > 0 ? `stay on ${hostname} ${until}, because their data lies there: ${data.join(", ")}` : "",
  ].filter((line) => line !== "");
}

function localData({ mounts, containers = [], initContainers = [] }: TaskView): string[] {
  const all = [mounts, ...[...containers, ...initContainers].map((one) => one.mounts)];
  return [...new Set(all.flatMap(localMounts))];
}

const readMs = 500;

/** A line for each change, until nothing is left. Ctrl-C leaves the drain as it is. */
async function follow(context: Context, { nodeId }: Node, first: readonly TaskView[]): Promise<number> {
  const { clock } = context.io;
  const begun = clock.elapsed();
  const services = [...new Set(first.flatMap(({ owner }) => (owner?.kind === "service" ? [owner.id] : [])))];
  for (let said = ""; ; ) {
    const node = await patiently(context, () => context.call("getNode", { id: nodeId }));
    const left = (await tasksOn(context, node)).length;
    if (left === 0) {
      await context.say(`${node.hostname} is empty, after ${formatWait(clock.elapsed() - begun)}`);
      return exitCodes.done;
    }
    if (!node.draining) {
      await writeError(context.io.stderr, `${node.hostname} is not being drained any more`, "");
      return exitCodes.error;
    }
    const parts = [`${node.hostname}: ${counted(left, "task")} left`, ...(await availability(context, services))];
    const line = parts.join(", ");
    if (line !== said) await context.say(line);
    said = line;
    await delay(clock, readMs);
  }
}

/** "web 3/3 serve", for each of these services that is still there. */
async function availability(context: Context, services: readonly string[]): Promise<string[]> {
  const found = await Promise.all(services.map((id) => context.try("getService", { id })));
  return found.flatMap((one) => (one.ok && one.value ? [`${one.value.name} ${replicasText(one.value)} serve`] : []));
}
