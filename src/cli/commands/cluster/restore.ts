// podling restore: a backup takes the place of the state of a running master, or goes into the folder of one that does
// not run. It shows what changes and asks first.

import type { RestoreAnswer } from "../../../api/views/restore-summary.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError, UsageError } from "../../command/failure.ts";
import { backupWords, counted, restoreColumns, restoreRowCount, restoreRows } from "../../render/backup.ts";
import { readBackupFile, verifyBackupFile } from "./backup-files.ts";

/** A terminal shows this many; the count says the rest. */
const shownAtMost = 20;

export const restore: Command = {
  name: "restore",
  summary: "Replace the state of a master by a backup",
  usage: "FILE [flags]",
  description: [
    "Checks all of FILE, shows what would change, asks, and then replaces the state of the running master: all of it, or nothing. Tasks that the backup knows are adopted where their containers still run; containers of tasks that it does not know are stopped. In a pipe it replaces tasks only with -y.",
    "With --data-dir it restores into the folder of a master that does not run, for a machine that died; then start the master there. A backup of another cluster is refused where tasks would be lost, unless --force.",
  ],
  arguments: { name: "FILE", min: 1, max: 1, completes: "files" },
  flags: [
    { long: "yes", short: "y", description: "do not ask" },
    { long: "dry-run", description: "only show what would change" },
    {
      long: "force",
      short: "f",
      description: "also a backup of another cluster; containers of this one are left to you",
    },
    {
      long: "data-dir",
      value: "FOLDER",
      description: "the folder of a master that does not run, in place of a running master",
      completes: "folders",
    },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling restore --dry-run podling.gz", "what would change?"],
    ["podling restore podling.gz", "into the running master"],
    ["podling restore podling.gz --data-dir /var/lib/podling/master", "before the first start of a new machine"],
  ],
  async run(context) {
    const { flags, words } = context;
    const path = words[0]!;
    if (path === "-")
      throw new UsageError("restore reads its file more than once, so it takes no -", "Write it to a file first");
    const progress = context.progress();
    await progress.show(`checking ${path}`, "check");
    await verifyBackupFile(path);
    await progress.clear();
    const mayAsk = !flags.has("yes") && !flags.has("dry-run");
    if (flags.has("dry-run") || mayAsk) {
      const plan = await send(context, path, true);
      if (flags.has("dry-run") && context.output() === "json") await context.outJson(plan);
      if (context.output() !== "json") await show(context, plan);
      if (flags.has("dry-run")) return exitCodes.done;
      if (plan.before.tasks > 0 && !(await agreed(context, plan))) {
        await context.err("nothing was changed\n");
        return exitCodes.error;
      }
    }
    await progress.show("restoring", "restore");
    const answer = await send(context, path, false);
    await progress.clear();
    if (context.output() === "json") await context.outJson(answer);
    else await context.out(`restored ${backupWords(answer.backup)}. ${next(context)}\n`);
    return exitCodes.done;
  },
};

async function send(context: Context, path: string, dryRun: boolean): Promise<RestoreAnswer> {
  const { flags, roles } = context;
  const dataDir = flags.text("data-dir");
  const force = flags.has("force");
  if (dataDir === undefined) {
    const query = { ...(dryRun ? { dryRun } : {}), ...(force ? { force } : {}) };
    return context.call("restore", { upload: streamOf(readBackupFile(path)), query });
  }
  const outcome = await roles.restore({ dataDir, dryRun, force }, readBackupFile(path));
  if (!outcome.ok) throw new RefusedError(outcome.refusal);
  return outcome.value;
}

async function show(context: Context, plan: RestoreAnswer): Promise<void> {
  const { before, backup } = plan;
  const now =
    before.clusterId === ""
      ? "nothing yet"
      : `cluster ${before.clusterId}, revision ${before.revision}: ${counted(before.tasks, "task")}, ${counted(before.nodes, "node")}`;
  await context.out(`backup  ${backupWords(backup)}\nnow     ${now}\n`);
  const rows = restoreRows(plan);
  const shown = context.io.stdout.isTty ? rows.slice(0, shownAtMost) : rows;
  if (shown.length > 0) await context.outTable(restoreColumns, shown);
  const more = restoreRowCount(plan) - shown.length;
  if (more > 0) await context.out(`and ${more} more\n`);
  if (rows.length === 0) await context.out("no task or node differs\n");
  const ahead = Date.parse(backup.at) - context.io.clock.now();
  if (ahead > 60_000)
    await context.say(
      `note: the backup is from ${Math.round(ahead / 1000)} s ahead of this machine's clock. Is the clock right?`,
    );
}

async function agreed(context: Context, { tasks }: RestoreAnswer): Promise<boolean> {
  if (!context.io.stdinIsTty)
    throw new UsageError("nobody is here to be asked, so nothing was changed", "Say yes with podling restore -y FILE");
  const stopped = tasks.forgotten.live;
  const cost = stopped === 0 ? "" : `, and stop the containers of ${counted(stopped, "task")}`;
  await context.err(`Replace the state by this backup${cost}? [y/N] `);
  return /^y(es)?$/i.test(((await context.io.readLine()) ?? "").trim());
}

function next({ flags }: Context): string {
  return flags.given("data-dir")
    ? "Start the master on this folder; workers find it by its address."
    : "Workers register anew and adopt what runs: see podling ps";
}

function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
