// The statements that a SQLite journal is made of, prepared once a connection, and what is in the file when it opens.

import type { Database, Statement } from "bun:sqlite";
import { damaged, readFailure } from "./errors.ts";
import { values } from "./file.ts";

/** Committed. Ids grow, revisions need not: a second snapshot of a revision takes the place of the first. */
export interface SnapshotRow {
  id: number;
  revision: number;
  chunks: number;
}

export interface Contents {
  /** Ascending by revision. */
  snapshots: SnapshotRow[];
  /** Batches up to here are dropped, though their rows may still wait for the sweep. */
  floor: number;
  last: number;
  /** Of the first batch row, dropped or not; floor + 1 where there is none. */
  firstRow: number;
  /** Snapshots that have chunks but no commit marker. */
  uncommitted: number[];
  nextSnapshot: number;
}

export function prepareStatements(db: Database) {
  const statements = {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),

    insertBatch: db.prepare("INSERT INTO batches (revision, body, checksum) VALUES (?, ?, ?)"),
    readBatches: db.prepare(
      "SELECT revision, body, checksum FROM batches WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?",
    ),
    sweepBatches: db.prepare(
      "DELETE FROM batches WHERE revision IN (SELECT revision FROM batches WHERE revision <= ? ORDER BY revision LIMIT ?)",
    ),

    insertChunk: db.prepare("INSERT INTO chunks (snapshot, position, body, checksum) VALUES (?, ?, ?, ?)"),
    readChunk: db.prepare("SELECT body, checksum FROM chunks WHERE snapshot = ? AND position = ?"),
    sweepChunks: db.prepare(
      "DELETE FROM chunks WHERE rowid IN (SELECT rowid FROM chunks WHERE snapshot = ? ORDER BY position LIMIT ?)",
    ),

    insertSnapshot: db.prepare("INSERT INTO snapshots (snapshot, revision, chunks, truncated) VALUES (?, ?, ?, ?)"),
    markTruncated: db.prepare("UPDATE snapshots SET truncated = 1 WHERE revision = ?"),
    dropSnapshot: db.prepare("DELETE FROM snapshots WHERE snapshot = ?"),
  };
  return statements satisfies Record<string, Statement>;
}

export type Statements = ReturnType<typeof prepareStatements>;

/** A statement left open would keep the lock after the database is closed. */
export function closeAll(db: Database, statements: Statements): void {
  for (const statement of Object.values(statements)) statement.finalize();
  db.close(true);
}

/** Looks at the ends, not at every row: readBatches finds what is wrong in between. */
export function readContents(db: Database, path: string): Contents {
  try {
    const snapshots = values(db, "SELECT snapshot, revision, chunks, truncated FROM snapshots ORDER BY revision");
    const [first, last] = values(db, "SELECT min(revision), max(revision) FROM batches")[0] ?? [];
    const oldest = snapshots[0];
    const floor = oldest?.[3] === 1 ? Number(oldest[1]) : 0;
    const uncommitted = values(
      db,
      "SELECT DISTINCT snapshot FROM chunks WHERE snapshot NOT IN (SELECT snapshot FROM snapshots)",
    );
    const ids = [...snapshots, ...uncommitted].map(([id]) => Number(id));
    const contents: Contents = {
      snapshots: snapshots.map(([id, revision, chunks]) => ({
        id: Number(id),
        revision: Number(revision),
        chunks: Number(chunks),
      })),
      floor,
      last: Math.max(floor, Number(last ?? 0)),
      firstRow: Number(first ?? floor + 1),
      uncommitted: uncommitted.map(([id]) => Number(id)),
      nextSnapshot: Math.max(0, ...ids) + 1,
    };
    checkEnds(contents, path);
    return contents;
  } catch (error) {
    throw readFailure(error, path);
  }
}

function checkEnds({ snapshots, floor, last, firstRow }: Contents, path: string): void {
  if (firstRow > floor + 1) throw damaged(path, `revision ${floor + 1} is missing, revision ${firstRow} is there`);
  const newest = snapshots.at(-1);
  if (newest && newest.revision > last)
    throw damaged(path, `revisions ${last + 1} to ${newest.revision} are missing, and a snapshot says they were there`);
}
