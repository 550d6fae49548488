// podling rebalance: shows which replicas would lie better on another node, asks, and lets the master move one after the other.

import type { MoveView, RebalanceAnswer } from "../../../api/views/rebalance-answer.ts";
import { delay } from "../../../lib/clock.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { patiently } from "../../command/reconnect.ts";
import type { Column } from "../../render/table.ts";
import { formatWait } from "../../render/time.ts";
import { counted, listed } from "../../render/words.ts";
import { currentTask } from "../task/wait-task.ts";

const columns: Column<MoveView>[] = [
  { title: "REPLICA", text: ({ name }) => name, shrinksTo: 12 },
  { title: "FROM", text: ({ from }) => from.hostname, shrinksTo: 6 },
  { title: "TO", text: ({ to }) => to.hostname, shrinksTo: 6 },
  { title: "WHY", text: ({ why }) => why, wraps: true },
];

export const rebalance: Command = {
  name: "rebalance",
  summary: "Move replicas of services to nodes where they lie better",
  usage: "[flags]",
  description: [
    "Lists the moves with their reasons, by the strategy of the cluster, and asks. Without a terminal it needs --yes. Then it makes one move after the other: the replica starts on its new node first, and the old one is drained and stopped when the new one serves.",
    "Moves only replicas that serve, of services without a rollout; never tasks of `podling run`, and nothing with a named volume or a folder of its node, unless --include-data is given.",
  ],
  flags: [
    { long: "dry-run", description: "only list the moves" },
    { long: "yes", short: "y", description: "do not ask" },
    { long: "include-data", description: "also replicas with data on their node, which start without it" },
    { long: "timeout", value: "TIME", description: "wait at most this long; then the exit code is 2", default: "30m" },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling rebalance --dry-run", "what would move, and why"],
    ["podling rebalance --yes", "after podling node undrain, or when a node was added"],
  ],
  async run(context) {
    const { flags } = context;
    const plan = await ask(context, true);
    const json = context.output() === "json";
    if (json && flags.has("dry-run")) await context.outJson(plan);
    else if (plan.moves.length > 0 && !json) await context.outTable(columns, plan.moves);
    if (plan.kept.length > 0)
      await context.say(`not moved, because their data lies on their node: ${listed(plan.kept)}`);
    if (plan.moves.length === 0) await context.say("nothing to move: no replica lies better on another node");
    if (flags.has("dry-run") || plan.moves.length === 0) return exitCodes.done;
    if (!flags.has("yes") && !(await isAgreed(context, plan.moves.length))) return exitCodes.error;
    return moveAll(context, plan.moves.length);
  },
};

function ask(context: Context, dryRun: boolean): Promise<RebalanceAnswer> {
  const query = { dryRun, includeData: context.flags.has("include-data") };
  return patiently(context, () => context.call("rebalance", { query }));
}

async function isAgreed(context: Context, count: number): Promise<boolean> {
  if (!context.io.stdinIsTty) {
    throw new UsageError("not a terminal, so nothing was moved", "Confirm with podling rebalance --yes");
  }
  await context.err(`Move ${counted(count, "replica")}? [y/N] `);
  if (/^y(es)?$/i.test(((await context.io.readLine()) ?? "").trim())) return true;
  await context.err("nothing was moved\n");
  return false;
}

const readMs = 300;

/** One move after the other, each planned when the one before is done, because the cluster may have changed; at most twice as many as were shown. */
async function moveAll(context: Context, shown: number): Promise<number> {
  const { clock } = context.io;
  const begun = clock.elapsed();
  const endsAt = begun + context.flags.durationMs("timeout")!;
  const done: MoveView[] = [];
  while (done.length < 2 * shown) {
    const { started, underWay } = await ask(context, false);
    if (started === null && underWay.length === 0) break;
    const taskId = started?.taskId ?? underWay[0]!.taskId;
    if (!(await isGone(context, taskId, endsAt))) {
      await context.say(`${counted(done.length, "replica")} moved, and the next move is not done yet`);
      return exitCodes.notYet;
    }
    if (started === null) continue;
    done.push(started);
    await context.say(`${started.name} moved from ${started.from.hostname} to ${started.to.hostname}`);
  }
  if (context.output() === "json") await context.outJson(done);
  await context.say(`${counted(done.length, "replica")} moved, after ${formatWait(clock.elapsed() - begun)}`);
  return exitCodes.done;
}

/** Waits until the old replica has ended. */
async function isGone(context: Context, taskId: string, endsAt: number): Promise<boolean> {
  const { clock } = context.io;
  for (;;) {
    const task = await patiently(context, () => currentTask(context, taskId as never));
    if (task === null || isFinished(task.status)) return true;
    // The master gave it up, because the node has no free capacity any more.
    if (task.desired === "running" && task.requests?.moveTo === undefined) return true;
    if (clock.elapsed() >= endsAt) return false;
    await delay(clock, readMs);
  }
}
