// podling volume backup, restore and move: the files of a volume, to and from this machine or another node.

import { TarCheck } from "../../../lib/tar-check.ts";
import { formatMemory } from "../../../model/quantity.ts";
import type { VolumeView } from "../../../model/volume/volume.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import { draftFile, readBackupFile, streamOf } from "../cluster/backup-files.ts";

export const backup: Command = {
  name: "volume backup",
  summary: "Write the files of a volume to a tar archive",
  usage: "NAME FILE [flags]",
  description: [
    "FILE appears under its name when it is complete and on disk, compressed if it ends in .gz; - writes to stdout. Tasks that would use the volume wait until the end. While a task writes to it, a backup is refused unless --live is given: files that change meanwhile may be torn, so that a database may not start from them.",
  ],
  arguments: { name: "NAME and FILE", min: 2, max: 2, completes: "volumes" },
  flags: [
    { long: "live", description: "also while a task writes to it" },
    { long: "force", short: "f", description: "replace FILE if it exists" },
  ],
  examples: [
    ["podling volume backup pgdata pgdata.tar.gz", "to a file"],
    ["podling volume backup pgdata - | ssh elsewhere 'cat > pgdata.tar'", "to another machine"],
  ],
  async run(context) {
    const { flags, words } = context;
    const [name, path] = words as [string, string];
    if (path === "-") {
      if (context.io.stdout.isTty)
        throw new UsageError("an archive is not written to a terminal", "Name a file, or use a pipe");
      await receive(context, name, (piece) => context.out(piece));
      return exitCodes.done;
    }
    const draft = await draftFile(path, flags.has("force"));
    let kept = false;
    try {
      const bytes = await receive(context, name, (piece) => draft.write(piece));
      await draft.keep();
      kept = true;
      await context.out(`${path}: ${formatMemory(bytes)} of ${name}\n`);
      return exitCodes.done;
    } finally {
      if (!kept) await draft.drop();
    }
  },
};

/** The bytes of the archive. Throws if it is not complete. */
async function receive(context: Context, id: string, write: (piece: Uint8Array) => Promise<void>): Promise<number> {
  const progress = context.progress();
  const query = context.flags.has("live") ? { live: true } : {};
  const response = await context.fetch("backupVolume", { id, query });
  const reader = response.body!.getReader();
  const check = new TarCheck();
  for (;;) {
    const { done, value } = await context.read(() => reader.read());
    if (done) break;
    check.push(value);
    await write(value);
    if (context.io.stderr.isTty) await progress.show(`received ${formatMemory(check.bytes)}`, "received");
  }
  await progress.clear();
  const fault = check.endFault();
  if (fault !== null) throw new Failure(`the archive of ${id} is incomplete: ${fault}`, "Try again.");
  return check.bytes;
}

export const restore: Command = {
  name: "volume restore",
  summary: "Make a volume from a tar archive that podling volume backup wrote",
  usage: "NAME FILE [flags]",
  description: [
    "FILE may be compressed with gzip; - reads from stdin. The volume is made on the node that has its data, else on any, or on that of --node. If that node has a volume of the name, it is replaced only with --replace: its data is removed first. If a restore fails, tasks with the volume wait until it is repeated.",
  ],
  arguments: { name: "NAME and FILE", min: 2, max: 2, completes: "volumes" },
  flags: [
    { long: "replace", description: "remove what the node has under this name first, with its data" },
    { long: "node", value: "NODE", description: "the node for a volume that has no data yet", completes: "nodes" },
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling volume restore pgdata pgdata.tar.gz --replace", "back to the files of the archive"]],
  async run(context) {
    const { flags, words } = context;
    const [id, path] = words as [string, string];
    const node = flags.text("node");
    const query = { ...(flags.has("replace") ? { replace: true } : {}), ...(node === undefined ? {} : { node }) };
    if (path !== "-") await verify(path);
    const upload = path === "-" ? Bun.stdin.stream() : streamOf(readBackupFile(path));
    return shown(context, await context.call("restoreVolume", { id, query, upload }));
  },
};

/** Before anything is replaced. */
async function verify(path: string): Promise<void> {
  const check = new TarCheck();
  for await (const piece of readBackupFile(path)) check.push(piece);
  const fault = check.endFault();
  if (fault !== null)
    throw new Failure(`${path} is damaged: ${fault}`, "Nothing was changed. Take another copy of it.");
}

export const move: Command = {
  name: "volume move",
  summary: "Move the files of a volume to another node",
  usage: "NAME --to NODE [flags]",
  description: [
    "Stop the tasks that use it first. The files are copied over the master; when all of them are on the other node, tasks with the volume run there, and the files are removed where they were. Until then, they stay where they are, whatever fails. Ctrl-C does not end the move.",
  ],
  arguments: { name: "NAME", min: 1, max: 1, completes: "volumes" },
  flags: [
    { long: "to", value: "NODE", description: "the node that gets the files", completes: "nodes" },
    { long: "replace", description: "remove what that node has under this name first, with its data" },
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling volume move pgdata --to n2", "then start its task again: it runs on n2"]],
  async run(context) {
    const { flags, words } = context;
    const to = flags.text("to");
    if (to === undefined) throw new UsageError("--to is missing", `Write: podling volume move ${words[0]} --to NODE`);
    const query = { to, ...(flags.has("replace") ? { replace: true } : {}) };
    return shown(context, await context.call("moveVolume", { id: words[0]!, query }));
  },
};

async function shown(context: Context, volume: VolumeView): Promise<number> {
  if (context.output() === "json") await context.outJson(volume);
  else if (context.output() === "name") await context.out(`${volume.name}\n`);
  else await context.out(`${volume.name}: ${volume.message}\n`);
  return exitCodes.done;
}
