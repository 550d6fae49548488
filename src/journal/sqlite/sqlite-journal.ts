// The journal in one SQLite file: a row a batch, a row a snapshot chunk, each with a checksum. It must not answer before
// the row is on disk, and never mends or overwrites a file that does not check out.

import { join } from "node:path";
import { assert } from "../../lib/assert.ts";
import type { Batch } from "../../model/change.ts";
import {
  type Journal,
  JournalUnavailable,
  type ReplacementWriter,
  type Snapshot,
  type SnapshotWriter,
} from "../journal.ts";
import { snapshotWriter } from "../snapshot-writer.ts";
import { damaged, readFailure, writeFailure } from "./errors.ts";
import { type JournalFile, openFile, openLocked, sizeOnDisk, syncEachCommit } from "./file.ts";
import {
  type Contents,
  closeAll,
  prepareStatements,
  readContents,
  type SnapshotRow,
  type Statements,
} from "./tables.ts";

/** Rows read at once: few enough to be lazy, enough that the query costs nothing beside the parsing. */
const batchesPerRead = 64;

/**
 * What an append sweeps of rows that are already dropped: several times what it adds, so that the file stays bounded,
 * and a fraction of its fsync, so that truncation never shows as a stall.
 */
const batchesPerSweep = 8;
const chunksPerSweep = 1;

export class SqliteJournal implements Journal {
  readonly path: string;
  #file: JournalFile;
  #statements: Statements;
  #snapshots: SnapshotRow[];
  #floor: number;
  #last: number;
  #nextSnapshot: number;
  /** No row before this one is in the file; above the floor: none is left to sweep. */
  #firstRow: number;
  /** Snapshots without a commit marker (any more), whose chunks are to be swept. */
  #deadSnapshots: number[];
  #appendedBytes = 0;
  #writing = false;
  #open = true;

  constructor(path: string, file: JournalFile, contents: Contents) {
    this.path = path;
    this.#file = file;
    this.#statements = prepareStatements(file.db);
    this.#snapshots = contents.snapshots;
    this.#floor = contents.floor;
    this.#last = contents.last;
    this.#firstRow = contents.firstRow;
    this.#deadSnapshots = contents.uncommitted;
    this.#nextSnapshot = contents.nextSnapshot;
  }

  append(batch: Batch): void {
    assert(batch.revision === this.#last + 1, `append of revision ${batch.revision} after ${this.#last}`);
    const body = JSON.stringify(batch);
    const row = [batch.revision, body, checksum(body, batch.revision)] as const;
    if (this.#isSwept()) this.#write(() => this.#statements.insertBatch.run(...row));
    else {
      const swept = this.#transaction(() => {
        this.#statements.insertBatch.run(...row);
        return this.#sweep();
      });
      this.#firstRow = swept.firstRow;
      if (swept.snapshotGone) this.#deadSnapshots.shift();
    }
    this.#last = batch.revision;
    this.#appendedBytes += body.length;
  }

  appendedBytes(): number {
    return this.#appendedBytes;
  }

  lastRevision(): number {
    return this.#last;
  }

  readSnapshot(atMost = Number.POSITIVE_INFINITY): Snapshot | null {
    assert(this.#open, "the journal is closed");
    const found = this.#snapshots.findLast(({ revision }) => revision <= atMost);
    return found ? { revision: found.revision, chunks: this.#chunks(found) } : null;
  }

  *readBatches(after: number): Generator<Batch> {
    for (let previous = Math.max(after, this.#floor); previous < this.#last; ) {
      for (const [revision, body, sum] of this.#readRows(previous)) {
        // Truncated while the reader was away: it goes on with the first batch that is still there.
        if (revision <= this.#floor) continue;
        previous = Math.max(previous, this.#floor);
        if (revision !== previous + 1) throw this.#missing(previous + 1);
        if (checksum(body, revision) !== sum) throw damaged(this.path, `revision ${revision} fails its checksum`);
        previous = revision;
        yield this.#parse(revision, body);
      }
      previous = Math.max(previous, this.#floor);
    }
  }

  firstReadableRevision(): number {
    return this.#floor;
  }

  beginSnapshot(revision: number): SnapshotWriter {
    const empty = this.#last === 0 && this.#snapshots.length === 0;
    assert(empty || (revision >= this.#floor && revision <= this.#last), `snapshot of unknown revision ${revision}`);
    const row: SnapshotRow = { id: this.#nextSnapshot++, revision, chunks: 0 };
    return this.#writer(row, () => this.#keep(row));
  }

  beginReplacement(): ReplacementWriter {
    const row: SnapshotRow = { id: this.#nextSnapshot++, revision: 0, chunks: 0 };
    return this.#writer(row, (revision: number) => this.#replace({ ...row, revision }));
  }

  #writer<Said extends unknown[]>(row: SnapshotRow, keep: (...said: Said) => void) {
    assert(!this.#writing, "a second snapshot begun before the first ended");
    this.#mayWrite();
    this.#writing = true;
    return snapshotWriter<Said>({
      write: (chunk) => {
        // Nothing counts before the commit marker, whose sync carries the chunks with it.
        syncEachCommit(this.#file.db, false);
        try {
          this.#write(() => this.#statements.insertChunk.run(row.id, row.chunks, chunk, checksum(chunk, row.chunks)));
        } finally {
          syncEachCommit(this.#file.db, true);
        }
        row.chunks++;
      },
      commit: keep,
      end: (committed) => {
        this.#writing = false;
        if (!committed && row.chunks > 0) this.#deadSnapshots.push(row.id);
      },
    });
  }

  truncate(revision: number): void {
    assert(
      this.#snapshots.some((snapshot) => snapshot.revision === revision),
      `truncation at revision ${revision}, of which there is no snapshot`,
    );
    if (revision <= this.#floor) return;
    const dropped = this.#snapshots.filter((snapshot) => snapshot.revision < revision);
    this.#transaction(() => {
      this.#statements.markTruncated.run(revision);
      for (const { id } of dropped) this.#statements.dropSnapshot.run(id);
    });
    this.#forget(dropped);
    this.#floor = revision;
  }

  sizeBytes(): number {
    return sizeOnDisk(this.path);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeAll(this.#file.db, this.#statements);
  }

  *#chunks({ id, revision, chunks }: SnapshotRow): Generator<string> {
    for (let position = 0; position < chunks; position++) {
      const [body, sum] = this.#read(() => this.#statements.readChunk.values(id, position)[0] ?? []);
      if (typeof body !== "string" || checksum(body, position) !== sum)
        throw damaged(this.path, `chunk ${position} of the snapshot of revision ${revision} fails its checksum`);
      yield body;
    }
  }

  #readRows(previous: number): [revision: number, body: string, sum: number][] {
    const found = this.#read(() => this.#statements.readBatches.values(previous, this.#last, batchesPerRead));
    if (found.length === 0) throw this.#missing(previous + 1);
    return found as [number, string, number][];
  }

  #missing(revision: number): Error {
    return damaged(this.path, `revision ${revision} is missing`);
  }

  #parse(revision: number, body: string): Batch {
    const batch = JSON.parse(body) as Batch;
    if (batch.revision !== revision) throw damaged(this.path, `revision ${revision} holds revision ${batch.revision}`);
    return batch;
  }

  /** The commit marker. */
  #keep(row: SnapshotRow): void {
    const { id, revision, chunks } = row;
    const first = revision > this.#last;
    assert(!first || this.#last === 0, `batches came before snapshot ${revision} of an empty journal`);
    const older = this.#snapshots.filter((snapshot) => snapshot.revision === revision);
    const truncated = first || (this.#floor === revision && this.#floor > 0);
    this.#transaction(() => {
      for (const snapshot of older) this.#statements.dropSnapshot.run(snapshot.id);
      this.#statements.insertSnapshot.run(id, revision, chunks, truncated ? 1 : 0);
    });
    this.#forget(older);
    this.#snapshots.push(row);
    this.#snapshots.sort((a, b) => a.revision - b.revision);
    if (!first) return;
    this.#floor = this.#last = revision;
    this.#firstRow = revision + 1;
  }

  /** The commit marker again, and all others gone in the same transaction; the rows themselves wait for the sweep. */
  #replace(row: SnapshotRow): void {
    const { id, revision, chunks } = row;
    assert(revision > this.#last, `replacement at revision ${revision}, and ${this.#last} was given before`);
    const older = [...this.#snapshots];
    this.#transaction(() => {
      for (const snapshot of older) this.#statements.dropSnapshot.run(snapshot.id);
      this.#statements.insertSnapshot.run(id, revision, chunks, 1);
    });
    this.#forget(older);
    this.#snapshots = [row];
    this.#floor = this.#last = revision;
  }

  #forget(dropped: readonly SnapshotRow[]): void {
    this.#snapshots = this.#snapshots.filter((snapshot) => !dropped.includes(snapshot));
    for (const { id } of dropped) this.#deadSnapshots.push(id);
  }

  #isSwept(): boolean {
    return this.#firstRow > this.#floor && this.#deadSnapshots.length === 0;
  }

  #sweep(): { firstRow: number; snapshotGone: boolean } {
    const [dead] = this.#deadSnapshots;
    const snapshotGone =
      dead !== undefined && this.#statements.sweepChunks.run(dead, chunksPerSweep).changes < chunksPerSweep;
    if (this.#firstRow > this.#floor) return { firstRow: this.#firstRow, snapshotGone };
    // Revisions may have a gap, where a backup came back: the rows that are left are counted, not the numbers.
    const { changes } = this.#statements.sweepBatches.run(this.#floor, batchesPerSweep);
    return { firstRow: changes < batchesPerSweep ? this.#floor + 1 : this.#firstRow, snapshotGone };
  }

  #transaction<T>(steps: () => T): T {
    return this.#write(() => {
      const { begin, commit, rollback } = this.#statements;
      begin.run();
      try {
        const result = steps();
        commit.run();
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        if (this.#file.db.inTransaction) rollback.run();
        throw error;
      }
    });
  }

  #write<T>(step: () => T): T {
    this.#mayWrite();
    try {
      return step();
    } catch (error) {
      throw writeFailure(error, this.path);
    }
  }

  #read<T>(step: () => T): T {
    assert(this.#open, "the journal is closed");
    try {
      return step();
    } catch (error) {
      throw readFailure(error, this.path);
    }
  }

  /** Where the disk was read-only at the start, each write asks whether it still is. */
  #mayWrite(): void {
    assert(this.#open, "the journal is closed");
    if (this.#file.writable) return;
    const db = this.#openAgain();
    closeAll(this.#file.db, this.#statements);
    this.#file = { db, writable: true };
    this.#statements = prepareStatements(db);
  }

  #openAgain() {
    let db: ReturnType<typeof openLocked> | null = null;
    try {
      db = openLocked(this.path);
      if (readContents(db, this.path).last === this.#last) return db;
    } catch (error) {
      db?.close();
      throw new JournalUnavailable(error instanceof Error ? error.message : String(error));
    }
    db.close();
    throw new JournalUnavailable(`${this.path} has changed while its disk was read-only; start this master again`);
  }
}

export function openSqliteJournal(where: { path: string } | { dataDir: string }): SqliteJournal {
  const path = "path" in where ? where.path : join(where.dataDir, "journal.db");
  const file = openFile(path);
  try {
    return new SqliteJournal(path, file, readContents(file.db, path));
  } catch (error) {
    file.db.close();
    throw error;
  }
}

/** Seeded with its place, so that a row that strays is noticed too. */
function checksum(body: string, place: number): number {
  return Bun.hash.crc32(body, place % 2 ** 32);
}
