// podling ps: a table of tasks, once or as they change.

import type { TaskView } from "../../../api/views/task.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { Node } from "../../../model/node/node.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { hasPods } from "../../render/containers.ts";
import { detailLines } from "../../render/task-details.ts";
import { taskColumns } from "../../render/tasks.ts";
import { refusedListFlags } from "../list-flags.ts";
import { filterKeys, finishedStatuses, listTasks, liveStatuses, nodesById, taskQuery } from "./list-tasks.ts";
import { wantsTable, watchTasks } from "./watch-tasks.ts";

export const ps: Command = {
  name: "ps",
  summary: "List tasks",
  usage: "[flags]",
  description: [
    "Lists pending, scheduled and running tasks; with -a also finished ones.",
    "A pod is one task. READY is how many of its containers are ready, and of how many. Each container, with its status and restarts: podling ps -t NAME.",
  ],
  flags: [
    { long: "all", short: "a", description: "also finished tasks" },
    { long: "task", short: "t", value: "TASK", description: "only this task, with its details", completes: "tasks" },
    { long: "quiet", short: "q", description: "only ids, one a line" },
    {
      long: "watch",
      short: "w",
      description: "show the list as it changes, until Ctrl-C; in a pipe a line for each change",
    },
    {
      long: "selector",
      short: "l",
      value: "K=V",
      description: "only tasks with this label; K alone: with any value",
      repeatable: true,
    },
    {
      long: "filter",
      short: "f",
      value: "K=V",
      description: "status=failed,running, node=NODE, name=PART of the name, or label=K=V",
      repeatable: true,
      completes: filterKeys,
    },
  ],
  outputs: ["table", "wide", "json", "name"],
  refused: {
    ...refusedListFlags("podling ps", "name"),
    "-n": "the newest tasks come last: podling ps -a | tail -n 3",
    "--last": "the newest tasks come last: podling ps -a | tail -n 3",
    "--latest": "the newest task comes last: podling ps -a | tail -n 1",
    "-s": "podling node clean --dry-run shows sizes",
    "--size": "podling node clean --dry-run shows sizes",
  },
  examples: [
    ["podling ps -a --filter status=failed", "list failed tasks"],
    ["podling ps -q -l app=shop", "print ids for a script"],
    ["podling ps -t shop", "details of shop, with each container if it is a pod"],
    ["podling ps -w -o wide", "watch changes, with images, ports and reasons"],
  ],
  async run(context) {
    const { flags } = context;
    if (flags.given("task")) return one(context, flags.text("task")!);
    const { name, ...query } = taskQuery(flags.texts("selector"), flags.texts("filter"));
    if (!flags.has("all") && query.status === undefined) query.status = liveStatuses.join(",");
    // As in docker, a part of the name is enough; the master compares whole names.
    const matches = (task: TaskView) => name === undefined || task.name.includes(String(name));
    if (flags.has("watch")) {
      await watchTasks(context, query, matches);
      return exitCodes.done;
    }
    const nodes = wantsTable(context) ? nodesById(context) : new Map<NodeId, Node>();
    const tasks = (await listTasks(context, query)).filter(matches);
    await print(context, tasks, await nodes, query.status === liveStatuses.join(","));
    return exitCodes.done;
  },
};

/** The details of one task. */
async function one(context: Context, id: string): Promise<number> {
  const task = await context.call("getTask", { id });
  if (wantsTable(context)) await context.out(detailLines(task, await nodesById(context)));
  else await print(context, [task], new Map(), false);
  return exitCodes.done;
}

/** `onlyLive`: finished tasks were not asked for. */
async function print(
  context: Context,
  tasks: readonly TaskView[],
  nodes: Map<NodeId, Node>,
  onlyLive: boolean,
): Promise<void> {
  if (context.flags.has("quiet")) return context.out(tasks.map(({ taskId }) => `${taskId}\n`).join(""));
  if (context.output() === "json") return context.outJson(tasks);
  if (context.output() === "name") return context.out(tasks.map(({ name }) => `${name}\n`).join(""));
  if (tasks.length === 0 && context.io.stdout.isTty) return context.say(await nothingSentence(context, onlyLive));
  const wide = context.output() === "wide";
  const bars = context.drawsBars() ? tasks : [];
  const columns = taskColumns({ now: context.masterNow(), nodes, wide, hasPods: hasPods(tasks), bars });
  await context.outTable(columns, tasks);
}

/** What to type where the list is empty. */
async function nothingSentence(context: Context, onlyLive: boolean): Promise<string> {
  const { flags } = context;
  if (flags.given("selector") || flags.given("filter")) return "no task matches";
  if (!onlyLive) return "no tasks. Start one with: podling run web --image nginx";
  const finished = await listTasks(context, { status: finishedStatuses.join(",") });
  if (finished.length === 0) return "no tasks. Start one with: podling run web --image nginx";
  return `no task is running; ${finished.length === 1 ? "1 has" : `${finished.length} have`} finished: podling ps -a`;
}
