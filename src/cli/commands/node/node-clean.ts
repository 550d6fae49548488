// podling node clean: shows what can be removed from nodes, asks, and lets their workers remove it.

import type { Cleanup, CleanupItem } from "../../../model/node/cleanup.ts";
import { formatMemory } from "../../../model/quantity.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError, UsageError, writeError } from "../../command/failure.ts";
import { cleanupColumns, countOf, diskText, rowsOf } from "../../render/cleanup.ts";

export const nodeClean: Command = {
  name: "node clean",
  summary: "Remove unused containers, images and volumes of Podling",
  usage: "[NODE ...] [flags]",
  description: [
    "Removes ended containers of finished tasks, with their logs. With --images it also removes unused images that Podling pulled, and with --volumes unused volumes that Podling created, with their data. Without NODE it cleans all online nodes.",
    "Lists what it would remove and asks. Without a terminal it needs -y. Anything that becomes unused while you are being asked is removed too. It never removes what Podling did not create or pull; -o wide lists that as well.",
    "Workers also clean up automatically, except volumes: see --ended-count, --ended-age and --disk-high of podling worker.",
  ],
  arguments: { name: "NODE", min: 0, max: Number.POSITIVE_INFINITY, completes: "nodes" },
  flags: [
    { long: "images", description: "also remove unused images that Podling pulled" },
    { long: "volumes", description: "also remove unused volumes that Podling created; their data is lost" },
    { long: "dry-run", description: "only list" },
    { long: "yes", short: "y", description: "do not ask" },
  ],
  refused: {
    ...{ "-f": "write -y", "--force": "write -y" },
    ...{ "-a": "write --images --volumes", "--all": "write --images --volumes" },
  },
  outputs: ["table", "wide", "json"],
  examples: [
    [
      "podling node clean --dry-run --images --volumes",
      "list what can be removed on each node, and why the rest is kept",
    ],
    ["podling node clean n1 --images -y", "free space on n1"],
  ],
  async run(context) {
    const { flags } = context;
    const query = { images: flags.has("images"), volumes: flags.has("volumes") };
    const ask = (id: string, operation: "previewCleanup" | "cleanNode") => context.call(operation, { id, query });
    const names = context.words.length > 0 ? [...new Set(context.words)] : await onlineNodes(context);
    const seen = await onEach(context, names, (name) => ask(name, "previewCleanup"));
    const removable = seen.answers.flatMap(({ items }) => items.filter(({ verdict }) => verdict === "goes"));
    const json = context.output() === "json";
    if (!json) await show(context, seen.answers);
    if (flags.has("dry-run") || removable.length === 0) {
      if (json) await context.outJson(seen.answers);
      else if (removable.length === 0 && seen.answers.length > 0) await context.err("nothing to remove\n");
      return seen.code;
    }
    if (!flags.has("yes") && !(await isAgreed(context, removable))) return exitCodes.error;
    const ids = seen.answers.filter(({ items }) => items.some(({ verdict }) => verdict === "goes"));
    const done = await onEach(
      context,
      ids.map(({ nodeId }) => nodeId),
      (id) => ask(id, "cleanNode"),
    );
    if (json) await context.outJson(done.answers);
    let code = Math.max(seen.code, done.code);
    for (const { hostname, items } of done.answers) {
      const removed = items.filter(({ verdict }) => verdict === "removed");
      await context.say(`${hostname}: removed ${removed.length === 0 ? "nothing" : withSize(removed)}`);
      for (const { kind, name, message } of items.filter((item) => item.code === "refused")) {
        await writeError(context.io.stderr, `${kind} ${name} on ${hostname} was not removed: ${message}`, "");
        code = exitCodes.error;
      }
    }
    return code;
  },
};

async function onlineNodes(context: Context): Promise<string[]> {
  const nodes = await context.call("listNodes");
  const online = nodes.filter(({ status }) => status === "online");
  if (online.length === 0) await context.err("no node is online\n");
  return online.map(({ nodeId }) => nodeId);
}

/** One node after the other, because each request is much work for its machine. Continues after a refusal. */
async function onEach(
  context: Context,
  names: readonly string[],
  ask: (name: string) => Promise<Cleanup>,
): Promise<{ answers: Cleanup[]; code: number }> {
  const answers: Cleanup[] = [];
  let code: number = exitCodes.done;
  for (const name of names) {
    try {
      answers.push(await ask(name));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await writeError(context.io.stderr, error.message, error.hint);
      code = exitCodes.error;
    }
  }
  return { answers, code };
}

async function show(context: Context, answers: readonly Cleanup[]): Promise<void> {
  const wide = context.output() === "wide";
  const { rows, hidden } = rowsOf(answers, wide);
  if (rows.length > 0) await context.outTable(cleanupColumns, rows);
  if (hidden > 0) await context.out(`and ${hidden} that Podling did not create or pull: -o wide lists them\n`);
  for (const { hostname, disk, omitted } of answers) {
    if (disk !== null) await context.say(`${hostname}: ${diskText(disk)}`);
    if (omitted > 0) await context.say(`${hostname}: ${omitted} more that are kept are not listed`);
  }
}

async function isAgreed(context: Context, removable: readonly CleanupItem[]): Promise<boolean> {
  if (!context.io.stdinIsTty) {
    throw new UsageError("not a terminal, so nothing was removed", "Confirm with podling node clean -y");
  }
  const data = removable.some(({ kind }) => kind === "volume") ? " and all data in the volumes" : "";
  await context.err(`Remove ${withSize(removable)}${data}? [y/N] `);
  if (/^y(es)?$/i.test(((await context.io.readLine()) ?? "").trim())) return true;
  await context.err("nothing was removed\n");
  return false;
}

/** "2 containers and 1 image, up to 12 MiB" */
function withSize(items: readonly CleanupItem[]): string {
  const bytes = items.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return `${countOf(items)}${bytes === 0 ? "" : `, up to ${formatMemory(bytes)}`}`;
}
