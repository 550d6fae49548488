// podling node clean: show what a node can be cleaned of, ask, and have its worker remove it.

import type { Cleanup, CleanupItem } from "../../../model/node/cleanup.ts";
import { formatMemory } from "../../../model/quantity.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { errorLine, RefusedError, UsageError } from "../../command/failure.ts";
import { cleanupColumns, countOf, diskText, rowsOf } from "../../render/cleanup.ts";

export const nodeClean: Command = {
  name: "node clean",
  summary: "Remove from nodes what Podling left there and nothing needs",
  usage: "[NODE ...] [flags]",
  description: [
    "Ended containers of tasks that are over, with their logs; with --images also images that Podling pulled and that no container uses; with --volumes also volumes that Podling made and that no container uses, with their data. Without a NODE, on all nodes that are online.",
    "Shows what would go and asks. In a pipe it removes only with -y. It never touches what Podling did not make or pull; -o wide shows that too. What comes to be unused between the question and the answer goes as well.",
    "Nodes clean up by themselves, but never volumes: see --ended-count, --ended-age and --disk-high of podling worker.",
  ],
  arguments: { name: "NODE", min: 0, max: Number.POSITIVE_INFINITY, completes: "nodes" },
  flags: [
    { long: "images", description: "also images that Podling pulled and nothing uses" },
    { long: "volumes", description: "also volumes that Podling made and nothing uses: their data is lost" },
    { long: "dry-run", description: "only show" },
    { long: "yes", short: "y", description: "do not ask" },
  ],
  outputs: ["table", "wide", "json"],
  examples: [
    ["podling node clean --dry-run --images --volumes", "what could go on any node, and why the rest stays"],
    ["podling node clean n1 --images -y", "make room on n1"],
  ],
  async run(context) {
    const { flags } = context;
    const query = { images: flags.has("images"), volumes: flags.has("volumes") };
    const ask = (id: string, operation: "previewCleanup" | "cleanNode") => context.call(operation, { id, query });
    const names = context.words.length > 0 ? [...new Set(context.words)] : await onlineNodes(context);
    const seen = await onEach(context, names, (name) => ask(name, "previewCleanup"));
    const going = seen.answers.flatMap(({ items }) => items.filter(({ verdict }) => verdict === "goes"));
    const json = context.output() === "json";
    if (!json) await show(context, seen.answers);
    if (flags.has("dry-run") || going.length === 0) {
      if (json) await context.outJson(seen.answers);
      else if (going.length === 0 && seen.answers.length > 0) await context.err("there is nothing to remove\n");
      return seen.code;
    }
    if (!flags.has("yes") && !(await isAgreed(context, going))) return exitCodes.error;
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
        await context.err(errorLine(`${kind} ${name} on ${hostname} stays: ${message}`, ""));
        code = exitCodes.error;
      }
    }
    return code;
  },
};

async function onlineNodes(context: Context): Promise<string[]> {
  const nodes = await context.call("listNodes");
  const online = nodes.filter(({ status }) => status === "online");
  if (online.length === 0) await context.err("no node is online, so there is nothing to clean\n");
  return online.map(({ nodeId }) => nodeId);
}

/** One after the other: each asks a whole machine. A node that refuses does not hold up the others. */
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
      await context.err(errorLine(error.message, error.hint));
      code = exitCodes.error;
    }
  }
  return { answers, code };
}

async function show(context: Context, answers: readonly Cleanup[]): Promise<void> {
  const wide = context.output() === "wide";
  const { rows, hidden } = rowsOf(answers, wide);
  if (rows.length > 0) await context.outTable(cleanupColumns, rows);
  if (hidden > 0) await context.out(`and ${hidden} that Podling did not make or pull: -o wide shows them\n`);
  for (const { hostname, disk, omitted } of answers) {
    if (disk !== null) await context.say(`${hostname}: ${diskText(disk)}`);
    if (omitted > 0) await context.say(`${hostname}: ${omitted} more that stay are left out`);
  }
}

async function isAgreed(context: Context, going: readonly CleanupItem[]): Promise<boolean> {
  if (!context.io.stdinIsTty) {
    throw new UsageError("nobody is here to be asked, so nothing was removed", "Say yes with podling node clean -y");
  }
  const data = going.some(({ kind }) => kind === "volume") ? ", with all data in the volumes" : "";
  await context.err(`Remove ${withSize(going)}${data}? [y/N] `);
  if (/^y(es)?$/i.test(((await context.io.readLine()) ?? "").trim())) return true;
  await context.err("nothing was removed\n");
  return false;
}

/** "2 containers and 1 image, up to 12 MiB" */
function withSize(items: readonly CleanupItem[]): string {
  const bytes = items.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return `${countOf(items)}${bytes === 0 ? "" : `, up to ${formatMemory(bytes)}`}`;
}
