// The journal in one SQLite file: a row for each batch, a row for each snapshot chunk, each with a checksum. It must not
// say "appended" before the row is on disk, and never repairs or overwrites a file that fails its checks.

import { join } from "node:path";
import { assert } from "../../lib/assert.ts";
import { firstIndex } from "../../lib/binary-search.ts";
import { decodeBatch, encodeBatch } from "../../model/batch-text.ts";
import type { Batch } from "../../model/change.ts";
import { journalName } from "../../model/data-files.ts";
import type {
  AppendResult,
  HistoryLimits,
  Journal,
  Lease,
  ReplacementWriter,
  Snapshot,
  SnapshotWriter,
} from "../journal.ts";
import { LocalLeases } from "../local-leases.ts";
import { truncationOf } from "../retention.ts";
import { snapshotWriter } from "../snapshot-writer.ts";
import { closeUnchanged } from "./close-unchanged.ts";
import { Connection, checksum } from "./connection.ts";
import { checkEnding } from "./ending.ts";
import { damaged } from "./errors.ts";
import { openFile, sizeOnDisk } from "./file.ts";
import { type Contents, readContents, type SnapshotRow } from "./tables.ts";
import type { SyncFile } from "./wal-sync.ts";

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
  readonly #connection: Connection;
  readonly #leases = new LocalLeases();
  #snapshots: SnapshotRow[];
  #floor: number;
  #last: number;
  #lastAt: number;
  #nextSnapshot: number;
  /** No row before this one is in the file; above the floor: none is left to sweep. */
  #firstRow: number;
  /** Snapshots without a commit marker (any more), whose chunks are to be swept. */
  #deadSnapshots: number[];
  /** Of all batches that were ever appended. */
  #bytesEver: number;
  #appendedBytes = 0;
  #writing = false;

  constructor(path: string, connection: Connection, contents: Contents) {
    this.path = path;
    this.#connection = connection;
    this.#snapshots = contents.snapshots;
    this.#floor = contents.floor;
    this.#last = contents.last;
    this.#lastAt = contents.lastAt;
    this.#bytesEver = contents.bytesAppended;
    this.#firstRow = contents.firstRow;
    this.#deadSnapshots = contents.uncommitted;
    this.#nextSnapshot = contents.nextSnapshot;
  }

  async acquire(): Promise<Lease> {
    return this.#leases.acquire();
  }

  async append(batch: Batch, lease: Lease): Promise<AppendResult> {
    const { revision } = batch;
    assert(revision === this.#last + 1, `append of revision ${revision} after ${this.#last}`);
    this.#connection.mustBeOpen();
    if (!this.#leases.holds(lease)) return "fenced";
    const at = Math.max(this.#lastAt, batch.at);
    const body = encodeBatch(batch);
    this.#insert([revision, body, checksum(body, revision), at]);
    this.#last = revision;
    this.#lastAt = at;
    this.#appendedBytes += body.length;
    this.#bytesEver += body.length;
    try {
      await this.#connection.sync();
      this.#connection.isDurable(revision);
      return "appended";
    } catch {
      // The row is in the file as this process sees it. It may or may not be on the disk.
      return "unknown";
    }
  }

  /** Copies the write-ahead log into the file, which syncs both: the batch is durable if that works. */
  async resolveUnknown({ revision }: Batch): Promise<boolean> {
    assert(revision === this.#last, `revision ${revision} was not appended last`);
    this.#connection.checkpoint();
    this.#connection.isDurable(revision);
    return true;
  }

  appendedBytes(): number {
    return this.#appendedBytes;
  }

  lastRevision(): number {
    return this.#last;
  }

  async readSnapshot(atMost = Number.POSITIVE_INFINITY): Promise<Snapshot | null> {
    this.#connection.mustBeOpen();
    const found = this.#snapshots.findLast(({ revision }) => revision <= atMost);
    return found ? { revision: found.revision, chunks: this.#chunks(found) } : null;
  }

  async *readBatches(after: number): AsyncGenerator<Batch> {
    for (let previous = Math.max(after, this.#floor); previous < this.#last; ) {
      const rows = this.#connection.readBatches(previous, this.#last, batchesPerRead);
      if (rows.length === 0) throw this.#missing(previous + 1);
      for (const [revision, body, sum] of rows) {
        // Truncated while the reader was away: it continues with the first batch that is still there.
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

  /** A binary search by revision: the rows of format 2 hold the largest `at` so far. */
  async revisionAt(ms: number): Promise<number | null> {
    this.#connection.mustBeOpen();
    const found = firstIndex(this.#floor + 1, this.#last + 1, (revision) => this.#atOf(revision) > ms) - 1;
    if (found > this.#floor || found === 0) return found;
    const at = this.#snapshots.find(({ revision }) => revision === found)?.at ?? null;
    return at !== null && at <= ms ? found : null;
  }

  async beginSnapshot(revision: number): Promise<SnapshotWriter> {
    const empty = this.#last === 0 && this.#snapshots.length === 0;
    assert(empty || (revision >= this.#floor && revision <= this.#last), `snapshot of unknown revision ${revision}`);
    const row = this.#newRow(revision);
    return this.#writer(row, () => this.#keep(row));
  }

  async beginReplacement(): Promise<ReplacementWriter> {
    const row = this.#newRow(this.#last);
    return this.#writer(row, (revision: number) => {
      Object.assign(row, { revision, at: null, bytesBefore: this.#bytesEver });
      return this.#replace(row);
    });
  }

  async truncate(revision: number): Promise<void> {
    assert(
      this.#snapshots.some((snapshot) => snapshot.revision === revision),
      `truncation at revision ${revision}, of which there is no snapshot`,
    );
    if (revision <= this.#floor) return;
    const dropped = this.#snapshots.filter((snapshot) => snapshot.revision < revision);
    this.#connection.transaction(({ markTruncated, dropSnapshot }) => {
      markTruncated.run(revision);
      for (const { id } of dropped) dropSnapshot.run(id);
    });
    this.#drop(dropped);
    this.#floor = revision;
    await this.#connection.syncOrUnavailable();
  }

  async retain(limits: HistoryLimits, now: number): Promise<void> {
    const revision = truncationOf(this.#snapshots, limits, now, this.#bytesEver);
    if (revision !== null) await this.truncate(revision);
  }

  sizeBytes(): number {
    return sizeOnDisk(this.path);
  }

  async close(): Promise<void> {
    this.#leases.end();
    this.#connection.close(this.#last);
  }

  async *#chunks({ id, revision, chunks }: SnapshotRow): AsyncGenerator<string> {
    for (let position = 0; position < chunks; position++) {
      const [body, sum] = this.#connection.readChunk(id, position);
      if (typeof body !== "string" || checksum(body, position) !== sum)
        throw damaged(this.path, `chunk ${position} of the snapshot of revision ${revision} fails its checksum`);
      yield body;
    }
  }

  #missing(revision: number): Error {
    return damaged(this.path, `revision ${revision} is missing`);
  }

  #parse(revision: number, body: string): Batch {
    const batch = decodeBatch(body);
    if (batch.revision !== revision) throw damaged(this.path, `revision ${revision} holds revision ${batch.revision}`);
    return batch;
  }

  /** The largest `at` of all batches up to this one. Rows of format 1 hold only their own, which is nearly always the same. */
  #atOf(revision: number): number {
    return this.#connection.batchAt(revision) ?? Number.POSITIVE_INFINITY;
  }

  #insert(row: [revision: number, body: string, checksum: number, at: number]): void {
    if (this.#isSwept()) {
      this.#connection.write(({ insertBatch }) => insertBatch.run(...row));
      return;
    }
    const swept = this.#connection.transaction((writes) => {
      writes.insertBatch.run(...row);
      return this.#sweep(writes);
    });
    this.#firstRow = swept.firstRow;
    if (swept.snapshotGone) this.#deadSnapshots.shift();
  }

  #newRow(revision: number): SnapshotRow {
    return {
      id: this.#nextSnapshot++,
      revision,
      chunks: 0,
      at: this.#connection.batchAt(revision) ?? this.#snapshots.find((one) => one.revision === revision)?.at ?? null,
      bytesBefore: this.#bytesEver - this.#connection.bytesAfter(revision),
      bytes: 0,
    };
  }

  #writer<Given extends unknown[]>(row: SnapshotRow, keep: (...given: Given) => Promise<void>) {
    assert(!this.#writing, "a second snapshot begun before the first ended");
    this.#connection.mayWrite();
    this.#writing = true;
    return snapshotWriter<Given>({
      // Nothing counts before the commit marker, whose sync carries the chunks with it.
      write: (chunk) => {
        const position = row.chunks;
        this.#connection.write((writes) => writes.insertChunk.run(row.id, position, chunk, checksum(chunk, position)));
        row.chunks++;
        row.bytes += chunk.length;
      },
      commit: keep,
      end: (committed) => {
        this.#writing = false;
        // With its marker in the file the snapshot counts, although its sync failed: its chunks stay.
        const counts = committed || this.#snapshots.includes(row);
        if (!counts && row.chunks > 0) this.#deadSnapshots.push(row.id);
      },
    });
  }

  /** The commit marker. */
  async #keep(row: SnapshotRow): Promise<void> {
    const { revision } = row;
    const first = revision > this.#last;
    assert(!first || this.#last === 0, `batches came before snapshot ${revision} of an empty journal`);
    const older = this.#snapshots.filter((snapshot) => snapshot.revision === revision);
    const truncated = first || (this.#floor === revision && this.#floor > 0);
    this.#mark(row, older, truncated);
    this.#snapshots.push(row);
    this.#snapshots.sort((a, b) => a.revision - b.revision);
    if (first) {
      this.#floor = this.#last = revision;
      this.#firstRow = revision + 1;
    }
    await this.#connection.syncOrUnavailable();
    if (first) this.#connection.isDurable(revision);
  }

  /** The commit marker again, and all others gone in the same transaction; the rows themselves wait for the sweep. */
  async #replace(row: SnapshotRow): Promise<void> {
    const { revision } = row;
    assert(revision > this.#last, `replacement at revision ${revision}, and ${this.#last} was given before`);
    this.#mark(row, [...this.#snapshots], true);
    this.#snapshots = [row];
    this.#floor = this.#last = revision;
    this.#lastAt = Number.NEGATIVE_INFINITY;
    try {
      await this.#connection.syncOrUnavailable();
      this.#connection.isDurable(revision);
    } catch (error) {
      // Not a JournalUnavailable: the caller must not go on as if nothing had changed. The next start finds out.
      throw new Error(`it is not known whether the replaced journal ${this.path} is on the disk: ${error}`);
    }
  }

  #mark(row: SnapshotRow, older: readonly SnapshotRow[], truncated: boolean): void {
    const { id, revision, chunks, at, bytesBefore, bytes } = row;
    this.#connection.transaction(({ dropSnapshot, insertSnapshot }) => {
      for (const snapshot of older) dropSnapshot.run(snapshot.id);
      insertSnapshot.run(id, revision, chunks, truncated ? 1 : 0, at, bytesBefore, bytes);
    });
    this.#drop(older);
  }

  #drop(dropped: readonly SnapshotRow[]): void {
    this.#snapshots = this.#snapshots.filter((snapshot) => !dropped.includes(snapshot));
    for (const { id } of dropped) this.#deadSnapshots.push(id);
  }

  #isSwept(): boolean {
    return this.#firstRow > this.#floor && this.#deadSnapshots.length === 0;
  }

  #sweep({ sweepChunks, sweepBatches }: Parameters<Parameters<Connection["transaction"]>[0]>[0]) {
    const [dead] = this.#deadSnapshots;
    const snapshotGone = dead !== undefined && sweepChunks.run(dead, chunksPerSweep).changes < chunksPerSweep;
    if (this.#firstRow > this.#floor) return { firstRow: this.#firstRow, snapshotGone };
    // Revisions may have a gap after a restore, so the rows that are left are counted, not the numbers.
    const { changes } = sweepBatches.run(this.#floor, batchesPerSweep);
    return { firstRow: changes < batchesPerSweep ? this.#floor + 1 : this.#firstRow, snapshotGone };
  }
}

/** `syncFile` is how the write-ahead log is synced: by default fdatasync on a thread of the platform. */
export function openSqliteJournal(
  where: ({ path: string } | { dataDir: string }) & { syncFile?: SyncFile },
): SqliteJournal {
  const path = "path" in where ? where.path : join(where.dataDir, journalName);
  const file = openFile(path);
  try {
    const contents = readContents(file.db, path);
    checkEnding(path, contents.ending, contents.last, file.hadLog);
    return new SqliteJournal(path, new Connection(path, file, contents, where.syncFile), contents);
  } catch (error) {
    if (file.writable) closeUnchanged(file.db, path, file.hadLog);
    else file.db.close();
    throw error;
  }
}
