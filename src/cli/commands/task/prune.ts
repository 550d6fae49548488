// podling prune: lists all finished tasks, asks, and removes them.

import type { TaskView } from "../../../api/views/task.ts";
import { fromTimestamp } from "../../../lib/clock.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { hasPods } from "../../render/containers.ts";
import { taskColumns } from "../../render/tasks.ts";
import { counted } from "../../render/words.ts";
import { each } from "./each.ts";
import { filterKeys, finishedStatuses, listTasks, nodesById, taskQuery } from "./list-tasks.ts";

/** Rows on a terminal; a count stands for the others. */
const shownAtMost = 20;

export const prune: Command = {
  name: "prune",
  summary: "Remove all finished tasks with their containers and logs",
  usage: "[flags]",
  description: [
    "Lists the tasks and asks before it removes them. Without a terminal it needs -y. It never removes an unfinished task, or a container that Podling did not create.",
  ],
  flags: [
    { long: "yes", short: "y", description: "do not ask" },
    { long: "dry-run", description: "only list them" },
    { long: "older-than", value: "TIME", description: "only tasks that finished at least this long ago: 1h, 2d" },
    { long: "selector", short: "l", value: "K=V", description: "only tasks with this label", repeatable: true },
    {
      long: "filter",
      value: "K=V",
      description: "status=failed, node=NODE, name=NAME or label=K=V",
      repeatable: true,
      completes: filterKeys,
    },
  ],
  refused: {
    "-f": "write -y",
    "--force": "write -y",
    "-a": "it removes all finished tasks. For images: podling node clean --images",
    "--all": "it removes all finished tasks. For images: podling node clean --images",
    "--volumes": "write podling node clean --volumes",
  },
  outputs: ["table", "wide", "json", "name"],
  examples: [["podling prune -y --older-than 1h", "remove what finished more than an hour ago"]],
  async run(context) {
    const { flags } = context;
    const finished = await finishedTasks(context);
    const dryRun = flags.has("dry-run");
    await show(context, finished);
    if (finished.length === 0 || dryRun) return exitCodes.done;
    if (!flags.has("yes")) {
      if (!context.io.stdinIsTty) {
        throw new UsageError("not a terminal, so nothing was removed", "Confirm with podling prune -y");
      }
      const many = finished.length === 1 ? "this task" : `these ${finished.length} tasks`;
      await context.err(`Remove ${many} with containers and logs? [y/N] `);
      if (!/^y(es)?$/i.test(((await context.io.readLine()) ?? "").trim())) {
        await context.err("nothing was removed\n");
        return exitCodes.error;
      }
    }
    const code = await each(
      context,
      finished.map(({ taskId }) => taskId),
      async (id, turn) => {
        const outcome = await context.try("deleteTask", { id });
        if (outcome.ok || outcome.refusal.code === "task-not-found") return exitCodes.done;
        await turn;
        await context.say(`error: ${outcome.refusal.message}`);
        return exitCodes.error;
      },
    );
    if (code === exitCodes.done) await context.err(`removed ${counted(finished.length, "task")}\n`);
    return code;
  },
};

async function finishedTasks(context: Context): Promise<TaskView[]> {
  const { flags } = context;
  const query = taskQuery(flags.texts("selector"), flags.texts("filter"));
  const wanted = query.status === undefined ? finishedStatuses : String(query.status).split(",");
  const live = wanted.find((status) => !finishedStatuses.some((one) => one === status));
  if (live !== undefined)
    throw new UsageError(`prune removes only finished tasks, not ${live} ones`, "See podling stop.");
  const olderThanMs = flags.durationMs("older-than") ?? 0;
  const tasks = await listTasks(context, { ...query, status: wanted.join(",") });
  const before = context.masterNow() - olderThanMs;
  return tasks.filter(({ finishedAt }) => finishedAt === null || fromTimestamp(finishedAt) <= before);
}

async function show(context: Context, tasks: readonly TaskView[]): Promise<void> {
  if (context.output() === "json") return context.outJson(tasks);
  if (context.output() === "name") return context.out(tasks.map(({ name }) => `${name}\n`).join(""));
  if (tasks.length === 0) return context.err("no finished tasks to remove\n");
  const shown = context.output() === "wide" || !context.io.stdout.isTty ? tasks : tasks.slice(0, shownAtMost);
  const wide = context.output() === "wide";
  const nodes = await nodesById(context);
  await context.outTable(taskColumns({ now: context.masterNow(), nodes, wide, hasPods: hasPods(shown) }), shown);
  if (shown.length < tasks.length) await context.out(`and ${tasks.length - shown.length} more\n`);
}
