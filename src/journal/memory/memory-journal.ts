// A journal in memory: for tests, simulation, and masters that may forget. It keeps text, not objects, so that whoever
// reads a batch gets what a disk would give back. It must not pretend to outlive its process.

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

interface KeptSnapshot {
  revision: number;
  chunks: readonly string[];
}

export class MemoryJournal implements Journal {
  /** The batch of revision r is at r - 1 - #floor. */
  #bodies: string[] = [];
  /** Ascending by revision. */
  #snapshots: KeptSnapshot[] = [];
  #floor = 0;
  #last = 0;
  #appended = 0;
  #size = 0;
  #refusal: string | null = null;
  #writing = false;
  #open = true;

  /** A broken disk, for tests: every write is refused with this sentence, until null is given. */
  refuseWrites(why: string | null): void {
    this.#refusal = why;
  }

  append(batch: Batch): void {
    assert(batch.revision === this.#last + 1, `append of revision ${batch.revision} after ${this.#last}`);
    this.#mayWrite();
    const body = JSON.stringify(batch);
    this.#bodies.push(body);
    this.#size += body.length;
    this.#appended += body.length;
    this.#last = batch.revision;
  }

  appendedBytes(): number {
    return this.#appended;
  }

  lastRevision(): number {
    return this.#last;
  }

  readSnapshot(atMost = Number.POSITIVE_INFINITY): Snapshot | null {
    this.#mayRead();
    const found = this.#snapshots.findLast(({ revision }) => revision <= atMost);
    return found ? { revision: found.revision, chunks: found.chunks } : null;
  }

  *readBatches(after: number): Generator<Batch> {
    for (let next = after + 1; next <= this.#last; next++) {
      this.#mayRead();
      next = Math.max(next, this.#floor + 1);
      const body = this.#bodies[next - 1 - this.#floor];
      if (body !== undefined) yield JSON.parse(body) as Batch;
    }
  }

  firstReadableRevision(): number {
    return this.#floor;
  }

  beginSnapshot(revision: number): SnapshotWriter {
    const empty = this.#last === 0 && this.#snapshots.length === 0;
    assert(empty || (revision >= this.#floor && revision <= this.#last), `snapshot of unknown revision ${revision}`);
    return this.#writer((chunks) => this.#keep({ revision, chunks }));
  }

  beginReplacement(): ReplacementWriter {
    return this.#writer((chunks, revision: number) => {
      assert(revision > this.#last, `replacement at revision ${revision}, and ${this.#last} was given before`);
      this.#drop(() => true);
      this.#bodies = [];
      this.#size = 0;
      this.#last = this.#floor = revision;
      this.#keep({ revision, chunks });
    });
  }

  #writer<Said extends unknown[]>(keep: (chunks: readonly string[], ...said: Said) => void) {
    assert(!this.#writing, "a second snapshot begun before the first ended");
    this.#mayWrite();
    this.#writing = true;
    const chunks: string[] = [];
    return snapshotWriter<Said>({
      write: (chunk) => {
        this.#mayWrite();
        chunks.push(chunk);
      },
      commit: (...said) => {
        this.#mayWrite();
        keep(chunks, ...said);
      },
      end: () => {
        this.#writing = false;
      },
    });
  }

  truncate(revision: number): void {
    assert(
      this.#snapshots.some((snapshot) => snapshot.revision === revision),
      `truncation at revision ${revision}, of which there is no snapshot`,
    );
    this.#mayWrite();
    for (const body of this.#bodies.splice(0, revision - this.#floor)) this.#size -= body.length;
    this.#floor = Math.max(this.#floor, revision);
    this.#drop((snapshot) => snapshot.revision < revision);
  }

  sizeBytes(): number {
    return this.#size;
  }

  close(): void {
    this.#open = false;
  }

  #keep(snapshot: KeptSnapshot): void {
    const { revision } = snapshot;
    assert(revision <= this.#last || this.#last === 0, `batches came before snapshot ${revision} of an empty journal`);
    this.#drop((older) => older.revision === revision);
    this.#snapshots.push(snapshot);
    this.#snapshots.sort((a, b) => a.revision - b.revision);
    for (const chunk of snapshot.chunks) this.#size += chunk.length;
    if (revision > this.#last) this.#floor = this.#last = revision;
  }

  #drop(doomed: (snapshot: KeptSnapshot) => boolean): void {
    for (const { chunks } of this.#snapshots.filter(doomed)) for (const chunk of chunks) this.#size -= chunk.length;
    this.#snapshots = this.#snapshots.filter((snapshot) => !doomed(snapshot));
  }

  #mayRead(): void {
    assert(this.#open, "the journal is closed");
  }

  #mayWrite(): void {
    this.#mayRead();
    if (this.#refusal !== null) throw new JournalUnavailable(this.#refusal);
  }
}

export function openMemoryJournal(): MemoryJournal {
  return new MemoryJournal();
}
