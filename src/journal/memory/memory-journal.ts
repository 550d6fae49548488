// A journal in memory: for tests, simulation, and masters that need not be persistent. It keeps text, not objects, so that
// a reader gets what a disk would give back.

import { assert } from "../../lib/assert.ts";
import { decodeBatch, encodeBatch } from "../../model/batch-text.ts";
import type { Batch } from "../../model/change.ts";
import {
  type AppendResult,
  type HistoryLimits,
  type Journal,
  JournalUnavailable,
  type Lease,
  type ReplacementWriter,
  type Snapshot,
  type SnapshotWriter,
} from "../journal.ts";
import { LocalLeases } from "../local-leases.ts";
import { type Border, truncationOf } from "../retention.ts";
import { snapshotWriter } from "../snapshot-writer.ts";

interface KeptBatch {
  body: string;
  /** The largest `at` of all batches up to this one. */
  at: number;
}

interface KeptSnapshot extends Border {
  chunks: readonly string[];
}

/** What a test lets an append result in. "unknown-kept": unknown, and the batch is there. "unknown-lost": it is not. */
export type ScriptedAppend = "appended" | "fenced" | "unknown-kept" | "unknown-lost";

export class MemoryJournal implements Journal {
  /** The batch of revision r is at r - 1 - #floor. */
  #batches: KeptBatch[] = [];
  /** Ascending by revision. */
  #snapshots: KeptSnapshot[] = [];
  readonly #leases = new LocalLeases();
  #floor = 0;
  #last = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #appended = 0;
  #size = 0;
  #refusal: string | null = null;
  #script: ScriptedAppend[] = [];
  #writing = false;
  #open = true;

  /** For tests: called at each append, while it is under way. */
  onAppend: () => void = () => {};

  /** For tests, a broken disk: every write is refused with this sentence, until null is given. */
  refuseWrites(why: string | null): void {
    this.#refusal = why;
  }

  /** For tests: what the next appends result in, in order. */
  scriptAppends(...results: ScriptedAppend[]): void {
    this.#script.push(...results);
  }

  async acquire(): Promise<Lease> {
    this.#mustBeOpen();
    return this.#leases.acquire();
  }

  /** True while this lease may append. */
  holds(lease: Lease): boolean {
    return this.#leases.holds(lease);
  }

  async append(batch: Batch, lease: Lease): Promise<AppendResult> {
    assert(batch.revision === this.#last + 1, `append of revision ${batch.revision} after ${this.#last}`);
    this.#mayWrite();
    const scripted = this.#script.shift() ?? "appended";
    this.onAppend();
    if (scripted === "fenced" || !this.#leases.holds(lease)) return "fenced";
    if (scripted !== "unknown-lost") this.appendNow(batch);
    return scripted === "appended" ? "appended" : "unknown";
  }

  /** Without a lease and a promise: for journals that keep their index in this one. */
  appendNow(batch: Batch): void {
    assert(batch.revision === this.#last + 1, `append of revision ${batch.revision} after ${this.#last}`);
    const body = encodeBatch(batch);
    this.#lastAt = Math.max(this.#lastAt, batch.at);
    this.#batches.push({ body, at: this.#lastAt });
    this.#size += body.length;
    this.#appended += body.length;
    this.#last = batch.revision;
  }

  async resolveUnknown({ revision }: Batch): Promise<boolean> {
    this.#mayWrite();
    assert(revision === this.#last || revision === this.#last + 1, `revision ${revision} was not appended last`);
    return revision === this.#last;
  }

  appendedBytes(): number {
    return this.#appended;
  }

  lastRevision(): number {
    return this.#last;
  }

  async readSnapshot(atMost?: number): Promise<Snapshot | null> {
    const found = this.snapshotNow(atMost);
    return found && { revision: found.revision, chunks: each(found.chunks) };
  }

  /** The same without promises. */
  snapshotNow(atMost = Number.POSITIVE_INFINITY): { revision: number; chunks: readonly string[] } | null {
    this.#mustBeOpen();
    return this.#snapshots.findLast(({ revision }) => revision <= atMost) ?? null;
  }

  async *readBatches(after: number): AsyncGenerator<Batch> {
    yield* this.batchesNow(after);
  }

  /** The same without promises. */
  *batchesNow(after: number): Generator<Batch> {
    for (let next = after + 1; next <= this.#last; next++) {
      this.#mustBeOpen();
      next = Math.max(next, this.#floor + 1);
      const batch = this.#batches[next - 1 - this.#floor];
      if (batch !== undefined) yield decodeBatch(batch.body);
    }
  }

  firstReadableRevision(): number {
    return this.#floor;
  }

  async revisionAt(ms: number): Promise<number | null> {
    const later = this.#batches.findIndex(({ at }) => at > ms);
    const earlier = later < 0 ? this.#batches.length : later;
    if (earlier > 0 || this.#floor === 0) return this.#floor + earlier;
    const at = this.#snapshotAt(this.#floor);
    return at !== null && at <= ms ? this.#floor : null;
  }

  async beginSnapshot(revision: number): Promise<SnapshotWriter> {
    const empty = this.#last === 0 && this.#snapshots.length === 0;
    assert(empty || (revision >= this.#floor && revision <= this.#last), `snapshot of unknown revision ${revision}`);
    return this.#writer((chunks) => this.loadSnapshot(revision, chunks));
  }

  /** A whole snapshot at once, without promises. */
  loadSnapshot(revision: number, chunks: readonly string[]): void {
    const later = this.#batches.slice(revision - this.#floor);
    const bytesBefore = this.#appended - later.reduce((sum, { body }) => sum + body.length, 0);
    const at = this.#batches[revision - 1 - this.#floor]?.at ?? this.#snapshotAt(revision);
    this.#keep({ revision, chunks, at, bytesBefore, bytes: lengthOf(chunks) });
  }

  async beginReplacement(): Promise<ReplacementWriter> {
    return this.#writer((chunks, revision: number) => {
      assert(revision > this.#last, `replacement at revision ${revision}, and ${this.#last} was given before`);
      this.#drop(() => true);
      this.#batches = [];
      this.#size = 0;
      this.#last = this.#floor = revision;
      this.#lastAt = Number.NEGATIVE_INFINITY;
      this.#keep({ revision, chunks, at: null, bytesBefore: this.#appended, bytes: lengthOf(chunks) });
    });
  }

  async truncate(revision: number): Promise<void> {
    this.truncateNow(revision);
  }

  /** The same without a promise. */
  truncateNow(revision: number): void {
    assert(
      this.#snapshots.some((snapshot) => snapshot.revision === revision),
      `truncation at revision ${revision}, of which there is no snapshot`,
    );
    this.#mayWrite();
    for (const { body } of this.#batches.splice(0, revision - this.#floor)) this.#size -= body.length;
    this.#floor = Math.max(this.#floor, revision);
    this.#drop((snapshot) => snapshot.revision < revision);
  }

  /** Where a truncation to these limits would be; null if everything is kept. */
  truncationFor(limits: HistoryLimits, now: number): number | null {
    return truncationOf(this.#snapshots, limits, now, this.#appended);
  }

  async retain(limits: HistoryLimits, now: number): Promise<void> {
    const revision = this.truncationFor(limits, now);
    if (revision !== null) this.truncateNow(revision);
  }

  sizeBytes(): number {
    return this.#size;
  }

  async close(): Promise<void> {
    this.#leases.end();
    this.#open = false;
  }

  #snapshotAt(revision: number): number | null {
    return this.#snapshots.find((snapshot) => snapshot.revision === revision)?.at ?? null;
  }

  #writer<Given extends unknown[]>(keep: (chunks: readonly string[], ...given: Given) => void) {
    assert(!this.#writing, "a second snapshot begun before the first ended");
    this.#mayWrite();
    this.#writing = true;
    const chunks: string[] = [];
    return snapshotWriter<Given>({
      write: (chunk) => {
        this.#mayWrite();
        chunks.push(chunk);
      },
      commit: (...given) => {
        this.#mayWrite();
        keep(chunks, ...given);
      },
      end: () => {
        this.#writing = false;
      },
    });
  }

  #keep(snapshot: KeptSnapshot): void {
    const { revision } = snapshot;
    assert(revision <= this.#last || this.#last === 0, `batches came before snapshot ${revision} of an empty journal`);
    this.#drop((older) => older.revision === revision);
    this.#snapshots.push(snapshot);
    this.#snapshots.sort((a, b) => a.revision - b.revision);
    this.#size += snapshot.bytes;
    if (revision > this.#last) this.#floor = this.#last = revision;
  }

  #drop(isDropped: (snapshot: KeptSnapshot) => boolean): void {
    for (const { bytes } of this.#snapshots.filter(isDropped)) this.#size -= bytes;
    this.#snapshots = this.#snapshots.filter((snapshot) => !isDropped(snapshot));
  }

  #mustBeOpen(): void {
    assert(this.#open, "the journal is closed");
  }

  #mayWrite(): void {
    this.#mustBeOpen();
    if (this.#refusal !== null) throw new JournalUnavailable(this.#refusal);
  }
}

async function* each(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}

function lengthOf(chunks: readonly string[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

export function openMemoryJournal(): MemoryJournal {
  return new MemoryJournal();
}
