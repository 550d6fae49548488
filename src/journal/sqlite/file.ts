// The file below the SQLite journal: made whole or not at all, checked before anything writes to it, locked for as long
// as it is open. It knows nothing of batches but their tables.

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
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { JournalUnusable } from "../journal.ts";
import { damaged, isBusy, readFailure, unreadable } from "./errors.ts";
import { lockHolder } from "./lock-holder.ts";

/** "PODL": how `file` and SQLite's own tools tell a journal from other databases. */
const applicationId = 0x504f444c;
/** Of the tables below. A program refuses a higher one than its own. */
const format = 1;

/**
 * Bodies are JSON text, so that any SQLite shell can read the log: SELECT revision, body ->> 'cause' FROM batches.
 * A row in `snapshots` is the commit marker of its chunks. `truncated`: batches up to its revision are dropped.
 */
const tables = `
  CREATE TABLE batches (revision INTEGER PRIMARY KEY, body TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT;
  CREATE TABLE chunks (snapshot INTEGER NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (snapshot, position)) STRICT;
  CREATE TABLE snapshots (snapshot INTEGER PRIMARY KEY, revision INTEGER NOT NULL UNIQUE, chunks INTEGER NOT NULL,
    truncated INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${format};
`;

/**
 * Pages (of 4 KiB) in the write-ahead log before they are copied into the file, within some append. 256 hold that append
 * to some 2 ms; with SQLite's 1000 it is 7 ms, and no faster on the whole.
 */
const checkpointPages = 256;

/** A write-ahead log that one huge batch has swollen is cut back to this. */
const walBytesKept = 8 * 1024 * 1024;

export interface JournalFile {
  readonly db: Database;
  /** false: a copy, to read from while the disk is read-only. */
  readonly writable: boolean;
}

/** Opens or creates the journal at `path`, or says in a JournalUnusable why not. */
export function openFile(path: string): JournalFile {
  if (!existsSync(path)) create(path);
  if (isReadOnlyDisk(path)) return openCopy(path);
  return { db: openLocked(path), writable: true };
}

/** The file itself, for as long as the returned database is open. */
export function openLocked(path: string): Database {
  checkAccess(path);
  return opened(path, path, (db) => {
    check(db, path);
    // From here on it is ours: known to be a journal, so a journal mode that someone's tool has changed may be set.
    for (const setting of [
      "journal_mode = WAL",
      `wal_autocheckpoint = ${checkpointPages}`,
      `journal_size_limit = ${walBytesKept}`,
    ])
      pragma(db, setting);
    syncEachCommit(db, true);
    db.run("BEGIN IMMEDIATE");
    db.run("COMMIT");
  });
}

/**
 * Whether a commit waits for the disk; holds from the next transaction on. Never as a prepared statement: this PRAGMA
 * acts when it is prepared, and not when it is run.
 */
export function syncEachCommit(db: Database, sync: boolean): void {
  db.run(`PRAGMA synchronous = ${sync ? "FULL" : "NORMAL"}`);
}

export function sizeOnDisk(path: string): number {
  let bytes = 0;
  for (const file of [path, `${path}-wal`]) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/**
 * Under another name, linked to its own when it is whole: so an empty or half a file is always damage, and of two
 * masters that start at once one wins.
 */
function create(path: string): void {
  if (existsSync(`${path}-wal`)) throw damaged(path, `it is missing, while ${path}-wal is there`);
  const draft = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    opened(draft, path, (db) => {
      if (pragma(db, "user_version") === format) return;
      db.transaction(() => db.run(tables)).immediate();
      pragma(db, "journal_mode = WAL");
    }).close(true);
    // Environment variables are secrets.
    chmodSync(draft, 0o600);
    claim(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (existsSync(path)) rmSync(draft, { force: true });
    else throw error instanceof JournalUnusable ? error : unreadable(path, `it cannot be created: ${sentence(error)}`);
  }
}

/** A link never replaces what is there; disks that know no links (FAT) have to make do with a rename. */
function claim(draft: string, path: string): void {
  try {
    linkSync(draft, path);
    rmSync(draft, { force: true });
  } catch (error) {
    if (hasCode(error, "EEXIST") || existsSync(path)) throw error;
    renameSync(draft, path);
  }
}

/** Opens `file`, which stands for `path`, and locks it before the first look: kill -9 frees the lock. */
function opened(file: string, path: string, prepare: (db: Database) => void): Database {
  let db: Database | null = null;
  try {
    db = new Database(file, { readwrite: true, create: file !== path });
    // Before the first access: then the index of the write-ahead log is private memory, and there is no -shm file.
    pragma(db, "locking_mode = EXCLUSIVE");
    prepare(db);
    return db;
  } catch (error) {
    db?.close();
    throw isBusy(error) ? locked(path) : readFailure(error, path);
  }
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
  if (version < 1) throw damaged(path, "its format number is gone");
  // A look at the schema also finds a file that is shorter than it says.
  const [found] = values(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('batches', 'chunks', 'snapshots')");
  if (found?.[0] !== 3) throw damaged(path, "it has not all of its tables");
}

function checkAccess(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unreadable(path, sentence(error));
  }
  if (!statSync(path).isFile()) throw unreadable(path, "it is not a file");
}

/** Missing permission is for the operator to mend; a disk that the system made read-only may come back by itself. */
function isReadOnlyDisk(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return hasCode(error, "EROFS");
  }
}

/** SQLite cannot lock, nor read a write-ahead log, on a read-only disk. The copy's name is gone once it is open. */
function openCopy(path: string): JournalFile {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), "podling-journal-"));
    const copy = join(folder, "journal.db");
    for (const end of ["", "-wal"]) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    return { db: opened(copy, path, (db) => check(db, path)), writable: false };
  } catch (error) {
    if (error instanceof JournalUnusable) throw error;
    throw unreadable(path, `its disk is read-only, and no copy can be made: ${sentence(error)}`);
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

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
