// A journal on a simulated disk: each batch, snapshot and truncation is a sealed record. Opening reads them back and
// drops a torn last one. It passes the contract of every journal. Its appends take simulated time, and a fault can leave
// it unknown whether an append reached the disk.

import {
  type AppendResult,
  type HistoryLimits,
  type Journal,
  JournalUnavailable,
  JournalUnusable,
  type Lease,
  type ReplacementWriter,
  type Snapshot,
  type SnapshotWriter,
} from "../../journal/journal.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import { snapshotWriter } from "../../journal/snapshot-writer.ts";
import { assert } from "../../lib/assert.ts";
import type { Batch } from "../../model/change.ts";
import { DiskError, type SimulatedDisk } from "./disk.ts";

type Record =
  | { kind: "batch"; batch: Batch }
  | { kind: "snapshot"; revision: number; chunks: string[] }
  | { kind: "truncate"; revision: number };

/** Calls `done` after `delayMs` of simulated time, unless the program that waits has died. */
export type Wait = (delayMs: number, done: () => void) => void;

/** A record with its length in front, so that a torn one is noticed. */
function seal(record: Record): string {
  return sealText(JSON.stringify(record));
}

function sealText(text: string): string {
  return `${text.length}:${text}`;
}

/** Null if the record is torn. */
export function unseal(sealed: string): Record | null {
  const colon = sealed.indexOf(":");
  const text = sealed.slice(colon + 1);
  if (colon <= 0 || text.length !== Number(sealed.slice(0, colon))) return null;
  return JSON.parse(text) as Record;
}

export class DiskJournal implements Journal {
  readonly #disk: SimulatedDisk;
  readonly #wait: Wait;
  /** What the disk holds for certain, as an index. */
  readonly #memory = new MemoryJournal();
  #appended = 0;
  #appending = false;
  /** The body of a batch that is written, and may or may not be synced. */
  #unknown: string | null = null;

  constructor(disk: SimulatedDisk, wait: Wait) {
    this.#disk = disk;
    this.#wait = wait;
    const sealed = disk.read();
    for (const [index, text] of sealed.entries()) {
      const record = unseal(text);
      if (record) this.#load(record);
      else if (index === sealed.length - 1) disk.dropTorn();
      else throw new JournalUnusable("damaged", `record ${index} of the simulated journal is torn`, "Restore a backup");
    }
  }

  /** What the journal holds, without promises: for checkers. */
  contents(): { snapshot: { revision: number; chunks: readonly string[] } | null; batches: Iterable<Batch> } {
    const snapshot = this.#memory.snapshotNow();
    return { snapshot, batches: this.#memory.batchesNow(snapshot?.revision ?? 0) };
  }

  acquire(): Promise<Lease> {
    return this.#memory.acquire();
  }

  async append(batch: Batch, lease: Lease): Promise<AppendResult> {
    assert(!this.#appending, "an append before the last one was done");
    assert(this.#unknown === null, "an append before the last one is resolved");
    assert(batch.revision === this.#memory.lastRevision() + 1, `append of revision ${batch.revision} out of turn`);
    this.#mustBeOpen();
    if (!this.#memory.holds(lease)) return "fenced";
    const body = JSON.stringify(batch);
    this.#attempt(() => this.#disk.write(sealText(`{"kind":"batch","batch":${body}}`)));
    const delayMs = this.#disk.syncDelayMs();
    if (delayMs > 0) {
      this.#appending = true;
      await new Promise<void>((resolve) => this.#wait(delayMs, resolve));
      this.#appending = false;
    }
    const fate = this.#disk.drawSyncFate();
    if (fate === "unknown-lost") {
      this.#unknown = body;
      return "unknown";
    }
    this.#sync();
    if (fate === "unknown-kept") {
      this.#unknown = body;
      return "unknown";
    }
    this.#keepBatch(body);
    return "appended";
  }

  /** Looks what the disk has: a record that is not synced is removed. */
  async resolveUnknown(batch: Batch): Promise<boolean> {
    assert(this.#unknown !== null, `revision ${batch.revision} is not unknown`);
    this.#attempt(() => this.#disk.mayWrite());
    const kept = this.#disk.allSynced();
    if (kept) this.#keepBatch(this.#unknown);
    else this.#disk.takeBack();
    this.#unknown = null;
    return kept;
  }

  appendedBytes(): number {
    return this.#appended;
  }

  lastRevision(): number {
    return this.#memory.lastRevision();
  }

  readSnapshot(atMost?: number): Promise<Snapshot | null> {
    return this.#memory.readSnapshot(atMost);
  }

  readBatches(after: number): AsyncIterable<Batch> {
    return this.#memory.readBatches(after);
  }

  firstReadableRevision(): number {
    return this.#memory.firstReadableRevision();
  }

  revisionAt(ms: number): Promise<number | null> {
    return this.#memory.revisionAt(ms);
  }

  async beginSnapshot(revision: number): Promise<SnapshotWriter> {
    const writer = await this.#memory.beginSnapshot(revision);
    const chunks: string[] = [];
    return snapshotWriter({
      write: async (chunk) => {
        this.#attempt(() => this.#disk.mayWrite());
        chunks.push(chunk);
        await writer.write(chunk);
      },
      commit: async () => {
        this.#keep({ kind: "snapshot", revision, chunks });
        await writer.commit();
      },
      end: (committed) => {
        if (!committed) void writer.abort();
      },
    });
  }

  async beginReplacement(): Promise<ReplacementWriter> {
    const writer = await this.#memory.beginReplacement();
    const chunks: string[] = [];
    return snapshotWriter<[revision: number]>({
      write: async (chunk) => {
        this.#attempt(() => this.#disk.mayWrite());
        chunks.push(chunk);
        await writer.write(chunk);
      },
      commit: async (revision) => {
        assert(!this.#appending && this.#unknown === null, "a replacement during an append");
        const last = this.#memory.lastRevision();
        assert(revision > last, `replacement at revision ${revision}, and ${last} was given before`);
        this.#attempt(() => this.#disk.replace([seal({ kind: "snapshot", revision, chunks })]));
        await writer.commit(revision);
      },
      end: (committed) => {
        if (!committed) void writer.abort();
      },
    });
  }

  async truncate(revision: number): Promise<void> {
    const covered = this.#memory.snapshotNow(revision)?.revision === revision;
    assert(covered, `truncation at revision ${revision}, of which there is no snapshot`);
    this.#keep({ kind: "truncate", revision });
    this.#memory.truncateNow(revision);
    if (!this.#appending && this.#unknown === null) this.#compact();
  }

  async retain(limits: HistoryLimits, now: number): Promise<void> {
    const revision = this.#memory.truncationFor(limits, now);
    if (revision !== null && revision > this.firstReadableRevision()) await this.truncate(revision);
  }

  sizeBytes(): number {
    return this.#memory.sizeBytes();
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  #keepBatch(body: string): void {
    const before = this.#memory.appendedBytes();
    this.#memory.appendNow(JSON.parse(body) as Batch);
    this.#appended += this.#memory.appendedBytes() - before;
  }

  /** Writes the records again without what was truncated. Snapshots first: the oldest sets the revision. */
  #compact(): void {
    const records: Record[] = [];
    for (let at = Number.POSITIVE_INFINITY; ; ) {
      const snapshot = this.#memory.snapshotNow(at);
      if (!snapshot) break;
      records.unshift({ kind: "snapshot", revision: snapshot.revision, chunks: [...snapshot.chunks] });
      at = snapshot.revision - 1;
    }
    const [oldest, ...newer] = records;
    const batches = [...this.#memory.batchesNow(0)].map((batch): Record => ({ kind: "batch", batch }));
    this.#disk.replace([...(oldest ? [oldest] : []), ...batches, ...newer].map(seal));
  }

  #load(record: Record): void {
    if (record.kind === "batch") this.#memory.appendNow(record.batch);
    else if (record.kind === "truncate") this.#memory.truncateNow(record.revision);
    else this.#memory.loadSnapshot(record.revision, record.chunks);
  }

  #keep(record: Record): void {
    this.#attempt(() => this.#disk.write(seal(record)));
    this.#sync();
  }

  #sync(): void {
    try {
      this.#attempt(() => this.#disk.sync());
    } catch (error) {
      this.#disk.takeBack();
      throw error;
    }
  }

  #mustBeOpen(): void {
    this.#memory.snapshotNow(0);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw error instanceof DiskError ? new JournalUnavailable(error.message) : error;
    }
  }
}
