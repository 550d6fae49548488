// The statements of a SQLite journal, prepared once a connection, and what is in the file when it is opened.

import type { Database, Statement } from "bun:sqlite";
import type { Border } from "../retention.ts";
import { type Ending, readEnding } from "./ending.ts";
import { damaged, readFailure } from "./errors.ts";
import { values } from "./file.ts";
import { format, upgradeTables } from "./schema.ts";

/** Committed. Ids grow, revisions need not: a second snapshot of a revision takes the place of the first. */
export interface SnapshotRow extends Border {
  id: number;
  chunks: number;
}

export interface Contents {
  format: number;
  /** Ascending by revision. */
  snapshots: SnapshotRow[];
  /** Batches up to here are dropped, though their rows may still wait for the sweep. */
  floor: number;
  last: number;
  /** The largest `at` of all batches, in ms since the epoch; -Infinity if there is none. */
  lastAt: number;
  /** Bytes of all batches that were ever appended. */
  bytesAppended: number;
  /** Of the first batch row, dropped or not; floor + 1 if there is none. */
  firstRow: number;
  /** Snapshots that have chunks but no commit marker. */
  uncommitted: number[];
  nextSnapshot: number;
  ending: Ending | null;
}

export interface Reads {
  readBatches: Statement;
  readChunk: Statement;
  batchAt: Statement;
}

export interface Writes {
  begin: Statement;
  commit: Statement;
  rollback: Statement;
  insertBatch: Statement;
  sweepBatches: Statement;
  insertChunk: Statement;
  sweepChunks: Statement;
  insertSnapshot: Statement;
  markTruncated: Statement;
  dropSnapshot: Statement;
}

/** For both formats. */
export function prepareReads(db: Database, formatOfFile: number): Reads {
  const at = formatOfFile === 1 ? "NULL" : "at";
  return {
    readBatches: db.prepare(
      "SELECT revision, body, checksum FROM batches WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?",
    ),
    readChunk: db.prepare("SELECT body, checksum FROM chunks WHERE snapshot = ? AND position = ?"),
    batchAt: db.prepare(`SELECT ${at}, body ->> 'at' FROM batches WHERE revision = ?`),
  };
}

/** For format 2 only. */
export function prepareWrites(db: Database): Writes {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    insertBatch: db.prepare("INSERT INTO batches (revision, body, checksum, at) VALUES (?, ?, ?, ?)"),
    sweepBatches: db.prepare(
      "DELETE FROM batches WHERE revision IN (SELECT revision FROM batches WHERE revision <= ? ORDER BY revision LIMIT ?)",
    ),
    insertChunk: db.prepare("INSERT INTO chunks (snapshot, position, body, checksum) VALUES (?, ?, ?, ?)"),
    sweepChunks: db.prepare(
      "DELETE FROM chunks WHERE rowid IN (SELECT rowid FROM chunks WHERE snapshot = ? ORDER BY position LIMIT ?)",
    ),
    insertSnapshot: db.prepare(
      "INSERT INTO snapshots (snapshot, revision, chunks, truncated, at, bytes_before, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    markTruncated: db.prepare("UPDATE snapshots SET truncated = 1 WHERE revision = ?"),
    dropSnapshot: db.prepare("DELETE FROM snapshots WHERE snapshot = ?"),
  };
}

/** A statement left open would keep the lock after the database is closed. */
export function finalizeAll(statements: Reads | Writes | null): void {
  for (const statement of Object.values(statements ?? {})) (statement as Statement).finalize();
}

/** Writes format 2 from now on. The batches of format 1 stay as they are, and go with the next truncation. */
export function upgrade(db: Database): void {
  db.transaction(() => upgradeTables(db)).immediate();
}

/** Looks at the ends, not at every row: readBatches finds what is wrong in between. */
export function readContents(db: Database, path: string): Contents {
  try {
    const formatOfFile = Number(values(db, "PRAGMA user_version")[0]?.[0]);
    const more = formatOfFile === format ? "at, bytes_before, bytes" : "NULL, NULL, NULL";
    const rows = values(db, `SELECT snapshot, revision, chunks, truncated, ${more} FROM snapshots ORDER BY revision`);
    const [first, last] = values(db, "SELECT min(revision), max(revision) FROM batches")[0] ?? [];
    const floor = rows[0]?.[3] === 1 ? Number(rows[0][1]) : 0;
    const uncommitted = values(
      db,
      "SELECT DISTINCT snapshot FROM chunks WHERE snapshot NOT IN (SELECT snapshot FROM snapshots)",
    );
    const ids = [...rows, ...uncommitted].map(([id]) => Number(id));
    const snapshots = rows.map(([id, revision, chunks, _, at, bytesBefore, bytes]) => ({
      id: Number(id),
      revision: Number(revision),
      chunks: Number(chunks),
      at: at === null ? null : Number(at),
      bytesBefore: Number(bytesBefore ?? bytesUpTo(db, Number(revision))),
      bytes: Number(bytes ?? bytesOf(db, Number(id))),
    }));
    const contents: Contents = {
      format: formatOfFile,
      snapshots,
      floor,
      last: Math.max(floor, Number(last ?? 0)),
      ...ends(db, formatOfFile, snapshots.at(-1), floor),
      firstRow: Number(first ?? floor + 1),
      uncommitted: uncommitted.map(([id]) => Number(id)),
      nextSnapshot: Math.max(0, ...ids) + 1,
      ending: readEnding(db),
    };
    checkEnds(contents, path);
    return contents;
  } catch (error) {
    throw readFailure(error, path);
  }
}

/** How far time and bytes have come. */
function ends(db: Database, formatOfFile: number, newest: SnapshotRow | undefined, floor: number) {
  const at = formatOfFile === format ? "coalesce(at, body ->> 'at')" : "body ->> 'at'";
  const [row] = values(db, `SELECT ${at} FROM batches WHERE revision > ${floor} ORDER BY revision DESC LIMIT 1`);
  const lastAt = row?.[0] ?? newest?.at ?? null;
  const since = numberOf(db, `SELECT sum(octet_length(body)) FROM batches WHERE revision > ${newest?.revision ?? 0}`);
  return {
    lastAt: lastAt === null ? Number.NEGATIVE_INFINITY : Number(lastAt),
    bytesAppended: (newest?.bytesBefore ?? 0) + since,
  };
}

/** Of the batches that are still there: those before were dropped, and do not count any more. */
function bytesUpTo(db: Database, revision: number): number {
  return numberOf(db, `SELECT sum(octet_length(body)) FROM batches WHERE revision <= ${revision}`);
}

function bytesOf(db: Database, snapshot: number): number {
  return numberOf(db, `SELECT sum(octet_length(body)) FROM chunks WHERE snapshot = ${snapshot}`);
}

function numberOf(db: Database, query: string): number {
  return Number(values(db, query)[0]?.[0] ?? 0);
}

function checkEnds({ snapshots, floor, last, firstRow }: Contents, path: string): void {
  if (firstRow > floor + 1) throw damaged(path, `revision ${floor + 1} is missing, revision ${firstRow} is there`);
  const newest = snapshots.at(-1);
  if (newest && newest.revision > last)
    throw damaged(path, `revisions ${last + 1} to ${newest.revision} are missing, and a snapshot says they were there`);
}
