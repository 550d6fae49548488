// The file of the SQLite journal: created whole or not at all, checked before anything writes to it, locked for as long
// as it is open.

import { Database } from "bun:sqlite";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { journalEnds, journalName } from "../../model/data-files.ts";
import { JournalUnusable } from "../journal.ts";
import { closeUnchanged } from "./close-unchanged.ts";
import { damaged, isBusy, readFailure, unreadable, unusable } from "./errors.ts";
import { lockHolder } from "./lock-holder.ts";
import { applicationId, format, schema } from "./schema.ts";

/**
 * Pages (of 4 KiB) in the write-ahead log before they are copied into the file, within some append. 256 hold that append
 * to some 2 ms; with SQLite's 1000 it is 7 ms, and no faster on the whole.
 */
const checkpointPages = 256;

/** A lock that another process holds only while it tries to open the file is free within milliseconds. */
const lockTries = 12;

/** A write-ahead log that one huge batch has swollen is cut back to this. */
const walBytesKept = 8 * 1024 * 1024;

export interface JournalFile {
  readonly db: Database;
  /** False for a copy, which is read while the disk is read-only. */
  readonly writable: boolean;
  /** True when its write-ahead log was there before it was opened. */
  readonly hadLog: boolean;
}

/** Opens or creates the journal at `path`. Throws a JournalUnusable that says why not. */
export function openFile(path: string): JournalFile {
  if (!existsSync(path)) create(path);
  const hadLog = existsSync(`${path}${journalEnds.log}`);
  if (isReadOnlyDisk(path)) return { db: openCopy(path), writable: false, hadLog };
  return { db: openLocked(path), writable: true, hadLog };
}

/**
 * The file itself, for as long as the returned database is open. A commit does not wait for the disk: WalSync does,
 * without blocking. Checkpoints sync by themselves.
 */
export function openLocked(path: string): Database {
  checkAccess(path);
  const hadLog = existsSync(`${path}${journalEnds.log}`);
  const db = opened(path, path, (db) => {
    check(db, path);
    // From here on the file is known to be a journal, so a journal mode that another tool has changed may be set.
    for (const setting of [
      "journal_mode = WAL",
      "synchronous = NORMAL",
      `wal_autocheckpoint = ${checkpointPages}`,
      `journal_size_limit = ${walBytesKept}`,
    ])
      pragma(db, setting);
    db.run("BEGIN IMMEDIATE");
    db.run("COMMIT");
  });
  try {
    removeDrafts(path);
    // The name of the write-ahead log must be as durable as what is synced into it.
    syncFolder(dirname(path));
    return db;
  } catch (error) {
    closeUnchanged(db, path, hadLog);
    throw unusable(path, error);
  }
}

export function sizeOnDisk(path: string): number {
  let bytes = 0;
  for (const file of [path, `${path}${journalEnds.log}`]) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/**
 * Writes a draft in a folder of its own, and links it to the journal's name when it is whole. So an empty or half
 * a file is always damage, and of two masters that start at once one makes the journal.
 */
function create(path: string): void {
  // In this order: another master may have made the journal since the caller looked.
  if (existsSync(`${path}${journalEnds.log}`) && !existsSync(path))
    throw damaged(path, `it is missing, while ${path}${journalEnds.log} is there`);
  let folder: string | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    folder = mkdtempSync(`${path}${journalEnds.draft}-`);
    const draft = join(folder, journalName);
    opened(draft, path, (db) => {
      db.transaction(() => db.run(schema)).immediate();
      pragma(db, "journal_mode = WAL");
    }).close(true);
    // Environment variables are secrets.
    chmodSync(draft, 0o600);
    claim(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (!existsSync(path))
      throw error instanceof JournalUnusable ? error : unusable(path, error, "it cannot be created: ");
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

/** A link never replaces what is there. Disks that know no links (FAT) have to make do with a rename. */
function claim(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (hasCode(error, "EEXIST") || existsSync(path)) throw error;
    renameSync(draft, path);
  }
}

/** Drafts of processes that were killed while they wrote one. Only the holder of the journal's lock calls it. */
function removeDrafts(path: string): void {
  const start = basename(path) + journalEnds.draft;
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(start)) rmSync(join(dirname(path), name), { recursive: true, force: true });
}

/**
 * Opens `file`, which stands for `path`, and locks it before the first look; kill -9 frees the lock. Two processes that
 * open the file at the same instant can refuse each other, so a refusal is tried again a few times.
 */
function opened(file: string, path: string, prepare: (db: Database) => void): Database {
  for (let tries = 1; ; tries++) {
    const hadLog = existsSync(`${file}${journalEnds.log}`);
    let db: Database | null = null;
    try {
      db = new Database(file, { readwrite: true, create: file !== path });
      // Before the first access: then the index of the write-ahead log is private memory, and there is no -shm file.
      pragma(db, "locking_mode = EXCLUSIVE");
      prepare(db);
      return db;
    } catch (error) {
      if (!isBusy(error)) {
        if (db) closeUnchanged(db, file, hadLog);
        throw readFailure(error, path);
      }
      db?.close();
      if (tries === lockTries) throw locked(path);
      // Another pause in each process, so that they do not meet again.
      pause(1 + ((process.pid * 7 + tries * 13) % 10));
    }
  }
}

/** Blocks: nothing runs before the journal is open. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Only reads. */
function check(db: Database, path: string): void {
  const id = pragma(db, "application_id");
  const version = Number(pragma(db, "user_version"));
  if (id !== applicationId) {
    if (statSync(path).size === 0) throw damaged(path, "it is empty");
    throw unreadable(path, "it is a database of another program");
  }
  if (version > format)
    throw new JournalUnusable(
      "newer-format",
      `the journal ${path} has format ${version}, and this program knows formats up to ${format}`,
      "Start the newer podling that wrote it, or move the file away to start empty. Nothing was changed.",
    );
  if (version < 1) throw damaged(path, "it has no format number");
  // A look at the schema also finds a file that is shorter than it says.
  const [found] = values(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('batches', 'chunks', 'snapshots')");
  if (found?.[0] !== 3) throw damaged(path, "it has not all of its tables");
}

function checkAccess(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(path, error);
  }
  if (!statSync(path).isFile()) throw unreadable(path, "it is not a file");
}

/** A missing permission is for the operator to fix. A disk that the system made read-only may become writable by itself. */
function isReadOnlyDisk(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return hasCode(error, "EROFS");
  }
}

/** SQLite cannot lock, nor read a write-ahead log, on a read-only disk. The copy's name is gone once it is open. */
function openCopy(path: string): Database {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), "podling-journal-"));
    const copy = join(folder, journalName);
    for (const end of ["", journalEnds.log]) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    return opened(copy, path, (db) => check(db, path));
  } catch (error) {
    if (error instanceof JournalUnusable) throw error;
    throw unusable(path, error, "its disk is read-only, and no copy can be made: ");
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

function locked(path: string): JournalUnusable {
  const holder = lockHolder(path);
  return new JournalUnusable(
    "locked",
    `the journal ${path} is in use by another master${holder === null ? "" : ` (process ${holder})`}`,
    "Stop that master first, or give this one a data folder of its own.",
  );
}

/** The value that a PRAGMA answers, if any. */
function pragma(db: Database, text: string): unknown {
  return values(db, `PRAGMA ${text}`)[0]?.[0];
}

/** For statements that run once: one left open would keep the lock after the database is closed. */
export function values(db: Database, query: string): unknown[][] {
  const statement = db.prepare(query);
  try {
    return statement.values();
  } finally {
    statement.finalize();
  }
}

/** A new name is durable when its folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
