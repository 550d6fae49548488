// A journal on a simulated disk: each batch, snapshot and truncation is a sealed record; opening reads them back and
// drops a torn last one. It passes the contract of every journal, and its appends may take their time.

import {
  type Journal,
  JournalUnavailable,
  JournalUnusable,
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

/** Waits on behalf of a sync. Never called back after the program that waits has died. */
export type Wait = (delayMs: number, done: () => void) => void;

/** A record that says how long it is: a torn one is known by it. */
function seal(record: Record): string {
  return sealText(JSON.stringify(record));
}

function sealText(text: string): string {
  return `${text.length}:${text}`;
}

/** Null: torn. */
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

  append(batch: Batch): void | Promise<void> {
    assert(!this.#appending, "an append before the last one was done");
    assert(batch.revision === this.#memory.lastRevision() + 1, `append of revision ${batch.revision} out of turn`);
    this.#mustBeOpen();
    const body = JSON.stringify(batch);
    this.#attempt(() => this.#disk.write(sealText(`{"kind":"batch","batch":${body}}`)));
    const finish = () => {
      this.#sync();
      this.#memory.append(JSON.parse(body) as Batch);
      this.#appended += body.length;
    };
    const delayMs = this.#disk.syncDelayMs();
    if (delayMs === 0) return finish();
    this.#appending = true;
    return new Promise((resolve, reject) => {
      this.#wait(delayMs, () => {
        this.#appending = false;
        try {
          resolve(finish());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  appendedBytes(): number {
    return this.#appended;
  }

  lastRevision(): number {
    return this.#memory.lastRevision();
  }

  readSnapshot(atMost?: number): Snapshot | null {
    return this.#memory.readSnapshot(atMost);
  }

  readBatches(after: number): Iterable<Batch> {
    return this.#memory.readBatches(after);
  }

  firstReadableRevision(): number {
    return this.#memory.firstReadableRevision();
  }

  beginSnapshot(revision: number): SnapshotWriter {
    const writer = this.#memory.beginSnapshot(revision);
    const chunks: string[] = [];
    return snapshotWriter({
      write: (chunk) => {
        this.#attempt(() => this.#disk.mayWrite());
        chunks.push(chunk);
        writer.write(chunk);
      },
      commit: () => {
        this.#keep({ kind: "snapshot", revision, chunks });
        writer.commit();
      },
      end: (committed) => {
        if (!committed) writer.abort();
      },
    });
  }

  beginReplacement(): ReplacementWriter {
    const writer = this.#memory.beginReplacement();
    const chunks: string[] = [];
    return snapshotWriter<[revision: number]>({
      write: (chunk) => {
        this.#attempt(() => this.#disk.mayWrite());
        chunks.push(chunk);
        writer.write(chunk);
      },
      commit: (revision) => {
        assert(!this.#appending, "a replacement during an append");
        const last = this.#memory.lastRevision();
        assert(revision > last, `replacement at revision ${revision}, and ${last} was given before`);
        this.#attempt(() => this.#disk.replace([seal({ kind: "snapshot", revision, chunks })]));
        writer.commit(revision);
      },
      end: (committed) => {
        if (!committed) writer.abort();
      },
    });
  }

  truncate(revision: number): void {
    const covered = this.#memory.readSnapshot(revision)?.revision === revision;
    assert(covered, `truncation at revision ${revision}, of which there is no snapshot`);
    this.#keep({ kind: "truncate", revision });
    this.#memory.truncate(revision);
    if (!this.#appending) this.#compact();
  }

  sizeBytes(): number {
    return this.#memory.sizeBytes();
  }

  close(): void {
    this.#memory.close();
  }

  /** Without what was truncated. Snapshots first: into an empty journal the oldest sets the revision. */
  #compact(): void {
    const records: Record[] = [];
    for (let at = Number.POSITIVE_INFINITY; ; ) {
      const snapshot = this.#memory.readSnapshot(at);
      if (!snapshot) break;
      records.unshift({ kind: "snapshot", revision: snapshot.revision, chunks: [...snapshot.chunks] });
      at = snapshot.revision - 1;
    }
    const [oldest, ...newer] = records;
    const batches = [...this.#memory.readBatches(0)].map((batch): Record => ({ kind: "batch", batch }));
    this.#disk.replace([...(oldest ? [oldest] : []), ...batches, ...newer].map(seal));
  }

  #load(record: Record): void {
    if (record.kind === "batch") this.#memory.append(record.batch);
    else if (record.kind === "truncate") this.#memory.truncate(record.revision);
    else this.#loadSnapshot(record);
  }

  #loadSnapshot(record: Extract<Record, { kind: "snapshot" }>): void {
    const writer = this.#memory.beginSnapshot(record.revision);
    for (const chunk of record.chunks) writer.write(chunk);
    writer.commit();
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
    this.#memory.readSnapshot(0);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw error instanceof DiskError ? new JournalUnavailable(error.message) : error;
    }
  }
}
