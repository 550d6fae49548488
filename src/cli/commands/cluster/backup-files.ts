// Reads and writes backup files on this machine, with or without gzip. Verifies them to the last line, and writes them
// completely or not at all.

import { createReadStream } from "node:fs";
import { constants, link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type BackupManifest, BackupReader, damaged } from "../../../api/views/backup-file.ts";
import type { Outcome } from "../../../model/refusal.ts";
import { Failure, RefusedError } from "../../command/failure.ts";

export interface Verified {
  manifest: BackupManifest;
  /** The size of the file. */
  fileBytes: number;
  /** The size of the content without gzip. */
  bytes: number;
}

/** The content without gzip. Throws a Failure if the file cannot be read. */
export async function* readBackupFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    const zipped = await isZipped(path);
    const file = createReadStream(path, { highWaterMark: 256 * 1024 });
    if (!zipped) {
      yield* file as AsyncIterable<Uint8Array>;
      return;
    }
    const { createGunzip } = await import("node:zlib");
    const gunzip = createGunzip();
    file.on("error", (error) => gunzip.destroy(error));
    yield* file.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    if (code.startsWith("Z_")) throw refused(damaged(`gzip reports an error (${message})`));
    throw new Failure(`cannot read ${path}: ${reason(error)}`, "Write the path of the archive.");
  }
}

/** For an upload. */
export function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
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

async function isZipped(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Reads the whole file. Throws a Failure that says what is wrong. */
export async function verifyBackupFile(path: string): Promise<Verified> {
  const check = checker();
  for await (const piece of readBackupFile(path)) check.piece(piece);
  const manifest = check.end();
  return { manifest, bytes: check.bytes(), fileBytes: (await stat(path)).size };
}

/** Verifies a backup while it is copied, so that a truncated one is detected. */
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
  /** Renames it to its final name; durable when this resolves. */
  keep(): Promise<void>;
  /** Deletes it. */
  drop(): Promise<void>;
}

/** A file that gets its name when it is complete. Only its owner can read it, because it contains environment variables. */
export async function draftFile(path: string, replace: boolean): Promise<Draft> {
  const draft = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  const known = await stat(path).catch(() => null);
  if (known && !replace) throw exists(path);
  if (known && !known.isFile()) throw new Failure(`${path} is not a file`, "Name a file, or - for stdout");
  const file = await writing(path, () => open(draft, "wx", 0o600));
  const zip = path.endsWith(".gz") ? await zipped((bytes) => file.write(bytes)) : null;
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

/** A hard link never replaces an existing file. On file systems without hard links it falls back to a rename. */
async function claim(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
    await rm(draft, { force: true });
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") throw exists(path);
    await rename(draft, path);
  }
}

async function zipped(write: (bytes: Uint8Array) => Promise<{ bytesWritten: number }>) {
  const { createGzip } = await import("node:zlib");
  const gzip = createGzip();
  const written = (async () => {
    for await (const piece of gzip as AsyncIterable<Uint8Array>) await writeAll({ write }, piece);
  })();
  // The error is reported by the next write or by end(); until then it must not count as unhandled.
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
    throw new Failure(`cannot write ${path}: ${reason(error)}`, "No file was written");
  }
}

function exists(path: string): Failure {
  return new Failure(`${path} already exists and was not changed`, "Choose another name, or replace it with --force");
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === "ENOENT") return "no such file or folder";
  if (code === "EACCES") return "permission denied";
  if (code === "ENOSPC") return "the disk is full";
  if (code === "EISDIR") return "it is a folder";
  return message;
}
