// The tables of a SQLite journal, and the step from format 1 (release 0.1.0) to format 2. The number stands for the tables
// and for the records in the bodies: a program that knows only 1 could read neither.

import type { Database } from "bun:sqlite";

/** "PODL": how `file` and SQLite's own tools tell a journal from other databases. */
export const applicationId = 0x504f444c;
/** A program refuses a higher one than its own. */
export const format = 2;

/**
 * Bodies are JSON text, so that any SQLite shell can read the log: SELECT revision, body ->> 'at' FROM batches.
 * A row in `snapshots` is the commit marker of its chunks. `truncated` is 1 if batches up to its revision are dropped.
 * `at` is the largest `at` of all batches so far, in ms since the epoch; null for batches written in format 1.
 * `bytes_before` counts the bytes of all batches ever appended up to the snapshot, `bytes` those of the snapshot; both
 * null for snapshots written in format 1.
 */
export const schema = `
  CREATE TABLE batches (revision INTEGER PRIMARY KEY, body TEXT NOT NULL, checksum INTEGER NOT NULL,
    at INTEGER) STRICT;
  CREATE TABLE chunks (snapshot INTEGER NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (snapshot, position)) STRICT;
  CREATE TABLE snapshots (snapshot INTEGER PRIMARY KEY, revision INTEGER NOT NULL UNIQUE, chunks INTEGER NOT NULL,
    truncated INTEGER NOT NULL, at INTEGER, bytes_before INTEGER, bytes INTEGER) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${format};
`;

/** What format 2 adds to the tables of format 1. Within a transaction of the caller. */
export function upgradeTables(db: Database): void {
  db.run(`
    ALTER TABLE batches ADD COLUMN at INTEGER;
    ALTER TABLE snapshots ADD COLUMN at INTEGER;
    ALTER TABLE snapshots ADD COLUMN bytes_before INTEGER;
    ALTER TABLE snapshots ADD COLUMN bytes INTEGER;
    PRAGMA user_version = ${format};
  `);
}
