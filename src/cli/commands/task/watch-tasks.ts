// podling ps -w: the table of tasks as it changes, on a terminal in place, else a line for each change.

import type { GoneEvent, SyncEvent } from "../../../api/views/stream-events.ts";
import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { Node } from "../../../model/node/node.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Context } from "../../command/context.ts";
import { patiently, readAgain, untilCut } from "../../command/reconnect.ts";
import { Repaint } from "../../command/repaint.ts";
import { hasPods } from "../../render/containers.ts";
import { jsonLine } from "../../render/json.ts";
import { oneLine } from "../../render/style.ts";
import { fittedWidths, line } from "../../render/table.ts";
import { taskColumns } from "../../render/tasks.ts";
import { nodesById, type TaskQuery } from "./list-tasks.ts";
import { currentTask } from "./wait-task.ts";

export function wantsTable(context: Context): boolean {
  return !context.flags.has("quiet") && (context.output() === "table" || context.output() === "wide");
}

/** A task that left the list: it finished, or was removed. */
type Left = Pick<GoneEvent, "taskId" | "deleted">;

/** What is done with the news of a list. */
interface View {
  all(tasks: readonly TaskView[]): Promise<void>;
  changed(task: TaskView): Promise<void>;
  gone(event: Left): Promise<void>;
  /** The stream is over; `all` follows when there is another one. */
  cut(): void;
}

/** Runs until Ctrl-C, over restarts of the master. */
export async function watchTasks(
  context: Context,
  query: TaskQuery,
  matches: (task: TaskView) => boolean,
): Promise<void> {
  const nodes = wantsTable(context) ? await nodesById(context) : new Map<NodeId, Node>();
  const live = wantsTable(context) && context.io.stdout.isTty;
  const view: View = live ? new Screen(context, nodes, matches) : new Lines(context, nodes, matches);
  await readAgain(context, async (begun) => {
    const response = await context.fetch("listTasks", { query: { ...query, watch: true } });
    try {
      for await (const { event, data } of untilCut(readEvents(response.body!))) {
        begun();
        if (event === "sync") await view.all((JSON.parse(data) as SyncEvent).tasks.filter(matches));
        else if (event === "gone") await view.gone(JSON.parse(data));
        else if (event === "task") {
          const task = JSON.parse(data) as TaskView;
          if (matches(task)) await view.changed(task);
        }
      }
    } finally {
      view.cut();
    }
  });
}

function leftOut(before: Iterable<string>, tasks: readonly TaskView[]): string[] {
  const there = new Set<string>(tasks.map(({ taskId }) => taskId));
  return [...before].filter((taskId) => !there.has(taskId));
}

/** How long a task that has left the list is shown with its last state. */
const afterEndMs = 10_000;
const paintMs = 1_000;

/** The table in place, with ages that go on. */
class Screen implements View {
  readonly #context: Context;
  readonly #nodes: Map<NodeId, Node>;
  readonly #tasks = new Map<string, TaskView>();
  /** Tasks that have left the list, and until when they are shown. */
  readonly #left = new Map<string, number>();
  readonly #repaint: Repaint;
  readonly #matches: (task: TaskView) => boolean;
  /** True while there is no stream: a message about that stands below the table. */
  #isCut = false;

  constructor(context: Context, nodes: Map<NodeId, Node>, matches: (task: TaskView) => boolean) {
    this.#context = context;
    this.#nodes = nodes;
    this.#matches = matches;
    this.#repaint = new Repaint(context.io.stdout);
    void this.#tick();
  }

  async all(tasks: readonly TaskView[]): Promise<void> {
    if (this.#isCut) this.#repaint.leave();
    this.#isCut = false;
    const before = [...this.#tasks.keys()].filter((taskId) => !this.#left.has(taskId));
    for (const task of tasks) this.#tasks.set(task.taskId, task);
    await this.#missing(before, tasks);
    await this.#paint();
  }

  async changed(task: TaskView): Promise<void> {
    this.#tasks.set(task.taskId, task);
    this.#left.delete(task.taskId);
    if (task.nodeId !== null && !this.#nodes.has(task.nodeId))
      for (const [nodeId, node] of await nodesById(this.#context)) this.#nodes.set(nodeId, node);
    await this.#paint();
  }

  async gone({ taskId, deleted }: Left): Promise<void> {
    const last = deleted ? null : await patiently(this.#context, () => currentTask(this.#context, taskId));
    if (last === null || !isFinished(last.status) || !this.#matches(last)) this.#tasks.delete(taskId);
    else {
      this.#tasks.set(taskId, last);
      this.#left.set(taskId, this.#context.io.clock.now() + afterEndMs);
    }
    await this.#paint();
  }

  /** Tasks that left the list while there was no stream. */
  async #missing(before: readonly string[], tasks: readonly TaskView[]): Promise<void> {
    for (const taskId of leftOut(before, tasks)) await this.gone({ taskId, deleted: false });
  }

  cut(): void {
    this.#isCut = true;
  }

  async #tick(): Promise<void> {
    try {
      for (;;) {
        await delay(this.#context.io.clock, paintMs);
        if (!this.#isCut) await this.#paint();
      }
    } catch {
      // The terminal is closed: the reader of the stream ends the command.
    }
  }

  #paint(): Promise<void> {
    const context = this.#context;
    const clockNow = context.io.clock.now();
    for (const [taskId, until] of this.#left) {
      if (until > clockNow) continue;
      this.#left.delete(taskId);
      this.#tasks.delete(taskId);
    }
    const tasks = [...this.#tasks.values()];
    const [wide, bars] = [context.output() === "wide", context.drawsBars() ? tasks : []];
    const now = context.masterNow();
    const columns = taskColumns({ now, nodes: this.#nodes, wide, hasPods: hasPods(tasks), bars });
    return this.#repaint.show(tasks.length === 0 ? "no tasks\n" : context.table(columns, tasks));
  }
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
class Lines implements View {
  readonly #context: Context;
  readonly #names: Map<NodeId, Node>;
  readonly #tasks = new Map<string, TaskView>();
  readonly #matches: (task: TaskView) => boolean;
  /** Null before the first list. */
  #widths: number[] | null = null;
  /** True when the first list has a pod: later lines have the columns of the first. */
  #hasPods = false;

  constructor(context: Context, names: Map<NodeId, Node>, matches: (task: TaskView) => boolean) {
    this.#context = context;
    this.#names = names;
    this.#matches = matches;
  }

  cut(): void {}

  /** The whole list: at the start, and after a lost connection what has changed meanwhile. */
  async all(tasks: readonly TaskView[]): Promise<void> {
    if (this.#widths !== null) {
      for (const task of tasks) {
        const before = this.#tasks.get(task.taskId);
        if (JSON.stringify(before) !== JSON.stringify(task)) await this.changed(task);
      }
      for (const taskId of leftOut(this.#tasks.keys(), tasks)) await this.gone({ taskId, deleted: false });
      return;
    }
    this.#widths = [];
    this.#hasPods = hasPods(tasks);
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
      for (const [nodeId, node] of await nodesById(this.#context)) this.#names.set(nodeId, node);
    }
    if (before && wantsTable(this.#context) && this.#cells(before).join() === this.#cells(task).join()) return;
    await this.#print(task);
  }

  /** A task left the list: prints its last state if it finished, or that it was removed. */
  async gone({ taskId, deleted }: Left): Promise<void> {
    const before = this.#tasks.get(taskId);
    this.#tasks.delete(taskId);
    const now = deleted ? null : await patiently(this.#context, () => currentTask(this.#context, taskId));
    if (now && (before ? isFinished(now.status) : this.#matches(now))) await this.#print(now);
    else if (before && now === null && wantsTable(this.#context))
      await this.#printCells(this.#cells(before, "removed"));
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
    return this.#context.out(line(this.#columns(), cells, this.#widths ?? [], style, cut, colour));
  }

  #cells(task: TaskView, status?: string): string[] {
    return this.#columns().map(({ title, text }) =>
      oneLine(status !== undefined && title === "STATUS" ? status : text(task)),
    );
  }

  #columns() {
    const wide = this.#context.output() === "wide";
    return taskColumns({ now: this.#context.masterNow(), nodes: this.#names, wide, hasPods: this.#hasPods });
  }
}
