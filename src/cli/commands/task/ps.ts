// podling ps: a table of tasks, once or as they change.

import type { GoneEvent, SyncEvent } from "../../../api/views/stream-events.ts";
import type { TaskView } from "../../../api/views/task.ts";
import { readEvents } from "../../../lib/sse.ts";
import type { NodeId } from "../../../model/ids.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure } from "../../command/failure.ts";
import { jsonLine } from "../../render/json.ts";
import { oneLine } from "../../render/style.ts";
import { fittedWidths, line } from "../../render/table.ts";
import { taskColumns } from "../../render/tasks.ts";
import { hostnames, listTasks, liveStatuses, type TaskQuery, taskQuery } from "./list-tasks.ts";
import { currentTask } from "./wait-task.ts";

export const ps: Command = {
  name: "ps",
  summary: "List tasks",
  usage: "[flags]",
  description: ["Lists pending, scheduled and running tasks; with -a also finished ones."],
  flags: [
    { long: "all", short: "a", description: "also finished tasks" },
    { long: "quiet", short: "q", description: "only ids, one a line" },
    { long: "watch", short: "w", description: "print a line for each change, until Ctrl-C" },
    {
      long: "selector",
      short: "l",
      value: "K=V",
      description: "only tasks with this label; K alone: with any value",
      repeatable: true,
    },
    {
      long: "filter",
      value: "K=V",
      description: "status=failed,running, node=NODE, name=NAME or label=K=V",
      repeatable: true,
    },
  ],
  outputs: ["table", "wide", "json", "name"],
  examples: [
    ["podling ps -a --filter status=failed", "list failed tasks"],
    ["podling ps -q -l app=shop", "print ids for a script"],
    ["podling ps -w -o wide", "watch changes, with images, ports and reasons"],
  ],
  async run(context) {
    const { flags } = context;
    const query = taskQuery(flags.texts("selector"), flags.texts("filter"));
    if (!flags.has("all") && query.status === undefined) query.status = liveStatuses.join(",");
    if (flags.has("watch")) return watch(context, query);
    const named = wantsTable(context) ? hostnames(context) : new Map<NodeId, string>();
    const tasks = await listTasks(context, query);
    await print(context, tasks, await named);
    return exitCodes.done;
  },
};

function wantsTable(context: Context): boolean {
  return !context.flags.has("quiet") && (context.output() === "table" || context.output() === "wide");
}

async function print(context: Context, tasks: readonly TaskView[], names: Map<NodeId, string>): Promise<void> {
  if (context.flags.has("quiet")) return context.out(tasks.map(({ taskId }) => `${taskId}\n`).join(""));
  if (context.output() === "json") return context.outJson(tasks);
  if (context.output() === "name") return context.out(tasks.map(({ name }) => `${name}\n`).join(""));
  if (tasks.length === 0 && context.io.stdout.isTty) {
    await context.err(context.flags.has("all") ? "no tasks\n" : "no tasks; podling ps -a also lists finished ones\n");
    return;
  }
  const wide = context.output() === "wide";
  const columns = taskColumns({ now: context.masterNow(), hostnames: names, wide });
  await context.outTable(columns, tasks);
}

async function watch(context: Context, query: TaskQuery): Promise<number> {
  const names = wantsTable(context) ? await hostnames(context) : new Map<NodeId, string>();
  const response = await context.fetch("listTasks", { query: { ...query, watch: true } });
  const lines = new Lines(context, names);
  for await (const { event, data } of untilCut(readEvents(response.body!))) {
    if (event === "sync") await lines.first((JSON.parse(data) as SyncEvent).tasks);
    else if (event === "task") await lines.changed(JSON.parse(data) as TaskView);
    else if (event === "gone") await lines.gone(JSON.parse(data) as GoneEvent);
  }
  throw streamEnded();
}

/** Turns a broken connection into a failure, but lets errors of the consumer pass. */
async function* untilCut<T>(events: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* events;
  } catch {
    throw streamEnded();
  }
}

function streamEnded(): Failure {
  return new Failure("lost the connection to the master", "It may be restarting. Run podling ps -w again.");
}

const usualCells: Record<string, string> = {
  NAME: "some-name",
  ID: "abc12345",
  IMAGE: "some-image:1.2",
  STATUS: "scheduled (pulling)",
  NODE: "some-node",
  PORTS: "127.0.0.1:8080->80/tcp",
};

/** Appends a line to the table for each visible change. */
class Lines {
  readonly #context: Context;
  readonly #names: Map<NodeId, string>;
  readonly #tasks = new Map<string, TaskView>();
  #widths: number[] = [];

  constructor(context: Context, names: Map<NodeId, string>) {
    this.#context = context;
    this.#names = names;
  }

  async first(tasks: readonly TaskView[]): Promise<void> {
    for (const task of tasks) this.#tasks.set(task.taskId, task);
    const context = this.#context;
    if (!wantsTable(context)) {
      for (const task of tasks) await this.#print(task);
      return;
    }
    const cells = tasks.map((task) => this.#cells(task));
    // Later rows are not known yet, so each column gets at least the width of a usual cell.
    const usual = this.#columns().map(({ title }) => usualCells[title] ?? "");
    this.#widths = fittedWidths(this.#columns(), [usual, ...cells], context.tableWidth());
    await this.#printCells(this.#columns().map(({ title }) => title));
    for (const task of tasks) await this.#print(task);
  }

  async changed(task: TaskView): Promise<void> {
    const before = this.#tasks.get(task.taskId);
    this.#tasks.set(task.taskId, task);
    if (task.nodeId !== null && !this.#names.has(task.nodeId) && wantsTable(this.#context)) {
      for (const [nodeId, hostname] of await hostnames(this.#context)) this.#names.set(nodeId, hostname);
    }
    if (before && wantsTable(this.#context) && this.#cells(before).join() === this.#cells(task).join()) return;
    await this.#print(task);
  }

  /** A task left the list: prints its last state if it finished, or that it was removed. */
  async gone({ taskId, deleted }: GoneEvent): Promise<void> {
    const before = this.#tasks.get(taskId);
    this.#tasks.delete(taskId);
    const now = deleted ? null : await currentTask(this.#context, taskId);
    if (now && (before === undefined || isFinished(now.status))) await this.#print(now);
    else if (before && deleted && wantsTable(this.#context)) await this.#printCells(this.#cells(before, "removed"));
  }

  async #print(task: TaskView): Promise<void> {
    const context = this.#context;
    if (context.flags.has("quiet")) return context.out(`${task.taskId}\n`);
    if (context.output() === "json") return context.out(jsonLine(task));
    if (context.output() === "name") return context.out(`${task.name}\n`);
    await this.#printCells(this.#cells(task), task);
  }

  #printCells(cells: readonly string[], task?: TaskView): Promise<void> {
    const style = this.#context.style("stdout");
    const colour = (column: ReturnType<typeof taskColumns>[number]) => task && column.colour?.(task);
    const cut = this.#context.tableWidth() !== null;
    return this.#context.out(line(this.#columns(), cells, this.#widths, style, cut, colour));
  }

  #cells(task: TaskView, status?: string): string[] {
    return this.#columns().map(({ title, text }) =>
      oneLine(status !== undefined && title === "STATUS" ? status : text(task)),
    );
  }

  #columns() {
    const wide = this.#context.output() === "wide";
    return taskColumns({ now: this.#context.masterNow(), hostnames: this.#names, wide });
  }
}
