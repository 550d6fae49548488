// The connection to the database of a SQLite journal: its statements, transactions and syncs, and what an error of SQLite
// means. It upgrades the tables before the first write, and opens a file again whose disk was read-only at the start.

import { assert } from "../../lib/assert.ts";
import { journalEnds } from "../../model/data-files.ts";
import { JournalUnavailable } from "../journal.ts";
import { Acknowledged } from "./acknowledged.ts";
import { closeUnchanged } from "./close-unchanged.ts";
import { beginWriting, endWriting } from "./ending.ts";
import { readFailure, writeFailure } from "./errors.ts";
import { type JournalFile, openLocked, values } from "./file.ts";
import { SameFiles } from "./same-files.ts";
import { format } from "./schema.ts";
import {
  type Contents,
  finalizeAll,
  prepareReads,
  prepareWrites,
  type Reads,
  readContents,
  upgrade,
  type Writes,
} from "./tables.ts";
import { type SyncFile, WalSync } from "./wal-sync.ts";

export class Connection {
  readonly #path: string;
  readonly #syncFile: SyncFile | undefined;
  #file: JournalFile;
  #reads: Reads;
  /** Null until the first write: only then the tables must have the newest format. */
  #writes: Writes | null = null;
  #wal: WalSync | null = null;
  #acknowledged: Acknowledged | null = null;
  /** Null until the first write. */
  #files: SameFiles | null = null;
  /** Batches in the file when it was read-only: it must not have changed when it is opened again. */
  readonly #lastWhenOpened: number;
  #open = true;

  constructor(path: string, file: JournalFile, contents: Contents, syncFile: SyncFile | undefined) {
    this.#path = path;
    this.#file = file;
    this.#syncFile = syncFile;
    this.#lastWhenOpened = contents.last;
    this.#reads = prepareReads(file.db, contents.format);
  }

  // ---- reading

  readBatches(after: number, last: number, most: number): [revision: number, body: string, checksum: number][] {
    return this.#read(() => this.#reads.readBatches.values(after, last, most)) as [number, string, number][];
  }

  readChunk(snapshot: number, position: number): unknown[] {
    return this.#read(() => this.#reads.readChunk.values(snapshot, position)[0] ?? []);
  }

  /** The largest `at` of all batches up to this one; for a row of format 1 its own. Null if there is no such row. */
  batchAt(revision: number): number | null {
    const [at, own] = this.#read(() => this.#reads.batchAt.values(revision)[0] ?? [null, null]);
    return at === null && own === null ? null : Number(at ?? own);
  }

  bytesAfter(revision: number): number {
    const query = `SELECT coalesce(sum(octet_length(body)), 0) FROM batches WHERE revision > ${revision}`;
    return Number(this.#read(() => values(this.#file.db, query)[0]?.[0]));
  }

  mustBeOpen(): void {
    assert(this.#open, "the journal is closed");
  }

  // ---- writing

  /** Throws JournalUnavailable while the disk is read-only, or if the files are no longer those that were opened. */
  mayWrite(): Writes {
    this.mustBeOpen();
    if (this.#writes) {
      this.#files?.check();
      return this.#writes;
    }
    if (!this.#file.writable) this.#openAgain();
    try {
      this.#files ??= new SameFiles(this.#path);
      this.#wal ??= new WalSync(this.#path, this.#syncFile);
      this.#upgrade();
      const id = beginWriting(this.#file.db);
      if (!this.#acknowledged) {
        this.#acknowledged = new Acknowledged(this.#path, id);
        // beginWriting has copied the log into the file: from here on the file alone is enough until the next revision.
        this.#acknowledged.note(this.#lastWhenOpened);
      }
      this.#writes = prepareWrites(this.#file.db);
      return this.#writes;
    } catch (error) {
      throw writeFailure(error, this.#path);
    }
  }

  write<T>(step: (writes: Writes) => T): T {
    const writes = this.mayWrite();
    try {
      return step(writes);
    } catch (error) {
      throw writeFailure(error, this.#path);
    }
  }

  transaction<T>(steps: (writes: Writes) => T): T {
    return this.write((writes) => {
      writes.begin.run();
      try {
        const result = steps(writes);
        writes.commit.run();
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        if (this.#file.db.inTransaction) writes.rollback.run();
        throw error;
      }
    });
  }

  /** Resolves when all that was written before is durable; rejects if the disk reports an error. */
  sync(): Promise<void> {
    assert(this.#wal, "a sync before the first write");
    return this.#wal.sync();
  }

  /** The same; if the sync fails, what was written is copied into the file and synced there. */
  async syncOrUnavailable(): Promise<void> {
    try {
      await this.sync();
    } catch {
      this.checkpoint();
    }
  }

  /** Copies the write-ahead log into the file, and syncs both. Throws JournalUnavailable if that does not work. */
  checkpoint(): void {
    this.mustBeOpen();
    try {
      const [row] = values(this.#file.db, "PRAGMA wal_checkpoint(TRUNCATE)");
      if (row?.[0] !== 0)
        throw new JournalUnavailable(`cannot copy ${this.#path}${journalEnds.log} into ${this.#path}`);
    } catch (error) {
      throw writeFailure(error, this.#path);
    }
  }

  /** A start that does not find this revision refuses the journal. */
  isDurable(revision: number): void {
    this.#acknowledged?.note(revision);
  }

  /** `last` is the newest revision. A journal that was not written stays as it was found. */
  close(last: number): void {
    if (!this.#open) return;
    this.#open = false;
    const ended = this.#writes !== null && this.#endWriting(last);
    this.#closeDatabase(ended);
    this.#wal?.close();
    this.#acknowledged?.close();
    if (ended) this.#acknowledged?.remove();
  }

  /** False if the disk does not take it: then the next start finds the journal as after a crash. */
  #endWriting(last: number): boolean {
    try {
      endWriting(this.#file.db, last);
      return true;
    } catch {
      return false;
    }
  }

  #closeDatabase(ended: boolean): void {
    const { db, writable, hadLog } = this.#file;
    finalizeAll(this.#reads);
    finalizeAll(this.#writes);
    if (ended || !writable) db.close(true);
    else closeUnchanged(db, this.#path, hadLog || this.#writes !== null);
  }

  #upgrade(): void {
    const { db } = this.#file;
    if (Number(values(db, "PRAGMA user_version")[0]?.[0]) === format) return;
    upgrade(db);
    finalizeAll(this.#reads);
    this.#reads = prepareReads(db, format);
  }

  #read<T>(step: () => T): T {
    this.mustBeOpen();
    try {
      return step();
    } catch (error) {
      throw readFailure(error, this.#path);
    }
  }

  /** If the disk was read-only at the start, each write tries again whether it still is. */
  #openAgain(): void {
    const db = this.#lockedAgain();
    this.#closeDatabase(false);
    this.#file = { db, writable: true, hadLog: true };
    this.#reads = prepareReads(db, Number(values(db, "PRAGMA user_version")[0]?.[0]));
  }

  #lockedAgain() {
    let db: ReturnType<typeof openLocked> | null = null;
    try {
      db = openLocked(this.#path);
      if (readContents(db, this.#path).last === this.#lastWhenOpened) return db;
    } catch (error) {
      if (db) closeUnchanged(db, this.#path, this.#file.hadLog);
      throw new JournalUnavailable(error instanceof Error ? error.message : String(error));
    }
    closeUnchanged(db, this.#path, this.#file.hadLog);
    throw new JournalUnavailable(`${this.#path} has changed while its disk was read-only; start this master again`);
  }
}

/** Seeded with its place, so that a row that strays is noticed too. */
export function checksum(body: string, place: number): number {
  return Bun.hash.crc32(body, place % 2 ** 32);
}
