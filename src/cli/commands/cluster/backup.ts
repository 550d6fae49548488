// podling backup: writes the state of the cluster to a file while the master runs.

import type { BackupManifest } from "../../../api/views/backup-file.ts";
import { formatMemory } from "../../../model/quantity.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import { backupWords } from "../../render/backup.ts";
import { checker, draftFile, verifyBackupFile } from "./backup-files.ts";

export const backup: Command = {
  name: "backup",
  summary: "Write the state of the cluster to a file",
  usage: "FILE [flags]",
  description: [
    "Writes tasks, nodes and settings at one revision as lines of JSON with a checksum at the end, compressed if FILE ends in .gz. The master keeps running. FILE appears under its name when it is complete and on disk; - writes to stdout. A backup contains environment variables unencrypted, so protect it like a secret.",
    "Volumes and images are not part of a backup.",
  ],
  arguments: { name: "FILE", min: 1, max: 1, completes: "files" },
  flags: [
    { long: "force", short: "f", description: "replace FILE if it exists" },
    { long: "verify", description: "check that FILE is a complete backup; needs no master" },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling backup /backup/podling-$(date +%F).gz", "every night, from cron"],
    ["podling backup - | ssh elsewhere 'cat > podling.backup'", "write to another machine"],
    ["podling backup --verify /backup/podling-2025-01-19.gz", "check a backup"],
  ],
  async run(context) {
    const { flags, words } = context;
    const path = words[0]!;
    if (flags.has("verify")) return verify(context, path);
    if (path === "-") return toStdout(context);
    const draft = await draftFile(path, flags.has("force"));
    const interrupted = new AbortController();
    const ignore = context.io.onInterrupt(() => interrupted.abort());
    let kept = false;
    try {
      const { manifest, bytes } = await receive(context, (piece) => draft.write(piece), interrupted.signal);
      await draft.keep();
      kept = true;
      if (context.output() === "json") await context.outJson({ file: path, ...manifest });
      else await context.out(`${path}: ${backupWords(manifest)}, ${formatMemory(bytes)}\n`);
      return exitCodes.done;
    } catch (error) {
      if (interrupted.signal.aborted) throw new Failure("interrupted; no file was written", "", exitCodes.interrupted);
      throw error;
    } finally {
      ignore();
      if (!kept) await draft.drop();
    }
  },
};

async function verify(context: Context, path: string): Promise<number> {
  if (path === "-") throw new UsageError("--verify reads a file, not -", "Usage: podling backup --verify FILE");
  const { manifest, bytes } = await verifyBackupFile(path);
  if (context.output() === "json") await context.outJson({ file: path, ...manifest });
  else await context.out(`${path} is complete: ${backupWords(manifest)}, ${formatMemory(bytes)}\n`);
  return exitCodes.done;
}

/** An error may come after a part of the backup has been written. */
async function toStdout(context: Context): Promise<number> {
  if (context.io.stdout.isTty)
    throw new UsageError("a backup is not written to a terminal", "Name a file, or use a pipe");
  const { manifest, bytes } = await receive(context, (piece) => context.out(piece));
  await context.say(`${backupWords(manifest)}, ${formatMemory(bytes)}`);
  return exitCodes.done;
}

async function receive(
  context: Context,
  write: (piece: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<{ manifest: BackupManifest; bytes: number }> {
  const progress = context.progress();
  const check = checker();
  const response = await context.fetch("backup", signal ? { signal } : {});
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await context.read(() => reader.read(), signal);
    if (done) break;
    check.piece(value);
    await write(value);
    if (context.io.stderr.isTty) await progress.show(`received ${formatMemory(check.bytes())}`, "received");
  }
  await progress.clear();
  return { manifest: check.end(), bytes: check.bytes() };
}
