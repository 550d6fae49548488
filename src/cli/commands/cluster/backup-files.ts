// Backups as files of this machine: read as they are or through gzip, checked to the last line, and written whole or not
// at all. What the master makes of them is not here.

import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { constants, link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { createGunzip, createGzip } from "node:zlib";
import { type BackupManifest, BackupReader, damaged } from "../../../api/views/backup-file.ts";
import type { Outcome } from "../../../model/refusal.ts";
import { Failure, RefusedError } from "../../command/failure.ts";

export interface Verified {
  manifest: BackupManifest;
  /** Of the file, as it lies there. */
  fileBytes: number;
  /** The same without gzip. */
  bytes: number;
}

/** The content, without gzip where it has that. Ends with a Failure where it cannot be read. */
export async function* readBackupFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    const zipped = await isZipped(path);
    const file = createReadStream(path, { highWaterMark: 256 * 1024 });
    if (!zipped) {
      yield* file as AsyncIterable<Uint8Array>;
      return;
    }
    const gunzip = createGunzip();
    file.on("error", (error) => gunzip.destroy(error));
    yield* file.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    if (code.startsWith("Z_")) throw refused(damaged(`its gzip does not check out (${message})`));
    throw new Failure(`cannot read ${path}: ${reason(error)}`, "");
  }
}

async function isZipped(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Reads all of it. Throws a failure that says what is wrong. */
export async function verifyBackupFile(path: string): Promise<Verified> {
  const check = checker();
  for await (const piece of readBackupFile(path)) check.piece(piece);
  const manifest = check.end();
  return { manifest, bytes: check.bytes(), fileBytes: (await stat(path)).size };
}

/** Looks at what passes by, so that what was cut off on its way is noticed. */
export function checker() {
  const reader = new BackupReader();
  return {
    piece(bytes: Uint8Array): void {
      const pushed = reader.push(bytes);
      if (!pushed.ok) throw refused(pushed);
    },
    bytes: () => reader.bytes,
    end(): BackupManifest {
      const end = reader.end();
      if (!end.ok) throw refused(end);
      return end.value;
    },
  };
}

function refused(outcome: Extract<Outcome<unknown>, { ok: false }>): RefusedError {
  return new RefusedError(outcome.refusal);
}

export interface Draft {
  write(bytes: Uint8Array): Promise<void>;
  /** Durable under its name from here on. */
  keep(): Promise<void>;
  /** Nothing is left of it. */
  drop(): Promise<void>;
}

/** A file that gets its name when it is whole. Environment variables are secrets: only its owner reads it. */
export async function draftFile(path: string, replace: boolean): Promise<Draft> {
  const draft = `${path}.${randomUUID().slice(0, 8)}.part`;
  const known = await stat(path).catch(() => null);
  if (known && !replace) throw exists(path);
  if (known && !known.isFile()) throw new Failure(`${path} is not a file`, "Name a file, or - for stdout");
  const file = await writing(path, () => open(draft, "wx", 0o600));
  const zip = path.endsWith(".gz") ? zipped((bytes) => file.write(bytes)) : null;
  return {
    write: (bytes) => writing(path, () => (zip ? zip.write(bytes) : writeAll(file, bytes))),
    keep: () =>
      writing(path, async () => {
        await zip?.end();
        await file.sync();
        await file.close();
        if (replace) await rename(draft, path);
        else await claim(draft, path);
        await syncFolder(dirname(path));
      }),
    async drop() {
      await file.close().catch(() => {});
      await rm(draft, { force: true });
    },
  };
}

async function writeAll(file: { write(bytes: Uint8Array): Promise<{ bytesWritten: number }> }, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes.subarray(at))).bytesWritten;
}

/** A link never replaces what is there; disks that know no links make do with a rename. */
async function claim(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
    await rm(draft, { force: true });
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") throw exists(path);
    await rename(draft, path);
  }
}

function zipped(write: (bytes: Uint8Array) => Promise<{ bytesWritten: number }>) {
  const gzip = createGzip();
  const written = (async () => {
    for await (const piece of gzip as AsyncIterable<Uint8Array>) await writeAll({ write }, piece);
  })();
  // Told with the next step; until then nobody has to look.
  written.catch(() => {});
  return {
    write: (bytes: Uint8Array) =>
      Promise.race([
        written,
        new Promise<void>((resolve, reject) => gzip.write(bytes, (error) => (error ? reject(error) : resolve()))),
      ]),
    async end() {
      gzip.end();
      await written;
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writing<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`cannot write ${path}: ${reason(error)}`, "Nothing is left of it");
  }
}

function exists(path: string): Failure {
  return new Failure(
    `${path} is there already, and was not touched`,
    "Choose another name, or replace it with --force",
  );
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === "ENOENT") return "no such file or folder";
  if (code === "EACCES") return "permission denied";
  if (code === "ENOSPC") return "the disk is full";
  if (code === "EISDIR") return "it is a folder";
  return message;
}
