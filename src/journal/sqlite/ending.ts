// Where the journal ends, noted in the journal: while it is written, that it needs its write-ahead log; after a regular end,
// its newest revision. A start compares this with what it finds.

import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { journalEnds } from "../../model/data-files.ts";
import { readAcknowledged } from "./acknowledged.ts";
import { endMissing, logMissing } from "./errors.ts";
import { values } from "./file.ts";

/** One row. `open` is 1 while it is written; then `last` counts for nothing. Journals of 0.1.0 do not have this table. */
const table =
  "CREATE TABLE IF NOT EXISTS ending (id TEXT NOT NULL, open INTEGER NOT NULL, last INTEGER NOT NULL) STRICT";

export interface Ending {
  /** Of the journal, at random. */
  id: string;
  open: boolean;
  last: number;
}

/** Null if the journal was never written by a version that notes it. */
export function readEnding(db: Database): Ending | null {
  if (values(db, "SELECT 1 FROM sqlite_schema WHERE name = 'ending'").length === 0) return null;
  const [row] = values(db, "SELECT id, open, last FROM ending");
  return row ? { id: String(row[0]), open: row[1] === 1, last: Number(row[2]) } : null;
}

/** Notes in the file itself that it needs its write-ahead log from now on. Returns the journal's id. */
export function beginWriting(db: Database): string {
  db.transaction(() => {
    db.run(table);
    const known = readEnding(db);
    db.run(known ? "UPDATE ending SET open = 1" : "INSERT INTO ending VALUES (lower(hex(randomblob(8))), 1, 0)");
  }).immediate();
  values(db, "PRAGMA wal_checkpoint(TRUNCATE)");
  return readEnding(db)!.id;
}

/** The last write before a regular end. */
export function endWriting(db: Database, last: number): void {
  db.run("UPDATE ending SET open = 0, last = ?", [last]);
}

/**
 * Throws JournalUnusable if revisions that were acknowledged are missing at the end. A write-ahead log may be missing if the
 * file has all that was acknowledged: SQLite of another program, or of 0.1.0, has copied the log into it.
 */
export function checkEnding(path: string, ending: Ending | null, last: number, hadLog: boolean): void {
  if (ending === null) return;
  const acknowledged = ending.open ? readAcknowledged(path, ending.id) : ending.last;
  if (ending.open && !hadLog && (acknowledged === null || last < acknowledged)) {
    throw logMissing(path, existsSync(path + journalEnds.keptLog));
  }
  if (acknowledged !== null && last < acknowledged) throw endMissing(path, last, acknowledged, ending.open);
}
