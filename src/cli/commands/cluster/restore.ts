// podling restore: replaces the state of a running master, or of the folder of a stopped one, by a backup. Shows the
// changes and asks first.

import type { RestoreAnswer } from "../../../api/views/restore-summary.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError, UsageError } from "../../command/failure.ts";
import { backupWords, restoreColumns, restoreRowCount, restoreRows } from "../../render/backup.ts";
import { counted } from "../../render/words.ts";
import { readBackupFile, streamOf, verifyBackupFile } from "./backup-files.ts";

/** Rows on a terminal; a count stands for the others. */
const shownAtMost = 20;

export const restore: Command = {
  name: "restore",
  summary: "Replace the state of a cluster by a backup",
  usage: "FILE [flags]",
  description: [
    "Verifies FILE, shows what would change, asks, and then replaces the state of the running master, completely or not at all. Tasks in the backup adopt their containers if these still run. Containers of tasks that are not in the backup are stopped. Without a terminal it replaces tasks only with -y.",
    "With --data-dir it restores into the folder of a stopped master, for example on a new machine; start the master afterwards. A backup of another cluster is refused if tasks would be lost, unless --force is given.",
  ],
  arguments: { name: "FILE", min: 1, max: 1, completes: "files" },
  flags: [
    { long: "yes", short: "y", description: "do not ask" },
    { long: "dry-run", description: "only show what would change" },
    {
      long: "force",
      short: "f",
      description:
        "also accept a backup of another cluster; the containers of this one keep running and are no longer managed",
    },
    {
      long: "data-dir",
      value: "FOLDER",
      description: "restore into the folder of a stopped master",
      completes: "folders",
    },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling restore --dry-run podling.gz", "show what would change"],
    ["podling restore podling.gz", "restore into the running master"],
    [
      "podling restore podling.gz --data-dir /var/lib/podling/master",
      "restore before the first start on a new machine",
    ],
  ],
  async run(context) {
    const { flags, words } = context;
    const path = words[0]!;
    if (path === "-")
      throw new UsageError(
        "restore cannot read from stdin, because it reads the backup more than once",
        "Write it to a file first",
      );
    const progress = context.progress();
    await progress.show(`verifying ${path}`, "check");
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
      ? "empty"
      : `cluster ${before.clusterId}, revision ${before.revision}: ${counted(before.tasks, "task")}, ${counted(before.nodes, "node")}`;
  await context.out(`backup  ${backupWords(backup)}\nnow     ${now}\n`);
  const rows = restoreRows(plan);
  const shown = context.io.stdout.isTty ? rows.slice(0, shownAtMost) : rows;
  if (shown.length > 0) await context.outTable(restoreColumns, shown);
  const more = restoreRowCount(plan) - shown.length;
  if (more > 0) await context.out(`and ${more} more\n`);
  if (rows.length === 0) await context.out("no task or node changes\n");
  const ahead = Date.parse(backup.at) - context.io.clock.now();
  if (ahead > 60_000)
    await context.say(
      `note: the backup is dated ${Math.round(ahead / 1000)} s in the future. Check the clock of this machine`,
    );
}

async function agreed(context: Context, { tasks }: RestoreAnswer): Promise<boolean> {
  if (!context.io.stdinIsTty)
    throw new UsageError("not a terminal, so nothing was changed", "Confirm with podling restore -y FILE");
  const stopped = tasks.forgotten.live;
  const cost = stopped === 0 ? "" : `, and stop the containers of ${counted(stopped, "task")}`;
  await context.err(`Replace the state by this backup${cost}? [y/N] `);
  return /^y(es)?$/i.test(((await context.io.readLine()) ?? "").trim());
}

function next({ flags }: Context): string {
  return flags.given("data-dir")
    ? "Now start the master on this folder. Workers connect to it by its address."
    : "Workers register again and adopt running containers: see podling ps";
}
