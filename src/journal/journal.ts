// The port to what happened: an append-only log of batches, and snapshots. It is dumb: it appends, reads and truncates.
// Every adapter passes journal.contract.ts.

import type { Batch } from "../model/change.ts";

/** A state written out as text lines, in chunks of some hundred records so that writing never blocks for long. */
export interface Snapshot {
  /** The state is that after this revision's batch. */
  revision: number;
  /** Each chunk holds lines that the state wrote and will read; a journal does not look inside. */
  chunks: Iterable<string>;
}

/** One at a time. A step that throws has aborted the snapshot. `abort` is idempotent, and nothing after `commit`. */
export interface SnapshotWriter {
  write(chunk: string): void;
  commit(): void;
  abort(): void;
}

/** The same for a state that takes the place of all that the journal holds; its revision is said with the commit. */
export interface ReplacementWriter {
  write(chunk: string): void;
  commit(revision: number): void;
  abort(): void;
}

/** The journal cannot take a write now (disk full, read-only). Nothing of the append remains. It may work later. */
export class JournalUnavailable extends Error {
  override name = "JournalUnavailable";
}

/** The journal cannot be used: damaged, newer than this program, or locked by another master. Says what to do. */
export class JournalUnusable extends Error {
  override name = "JournalUnusable";
  readonly code: "damaged" | "newer-format" | "locked" | "unreadable";
  readonly hint: string;
  constructor(code: JournalUnusable["code"], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Opened by the adapter's own function, which throws JournalUnusable, takes the lock and never overwrites. */
export interface Journal {
  /**
   * Appends one batch; durable when it returns (or resolves). Throws JournalUnavailable and leaves nothing behind
   * otherwise. `batch.revision` must be the newest revision plus one (an InvariantError if not). Ordered; not idempotent.
   */
  append(batch: Batch): void | Promise<void>;

  /** The newest revision: of the last batch, or of the last snapshot where no batch follows it; 0 when empty. */
  lastRevision(): number;

  /** The newest whole snapshot with revision <= `atMost` (default: any), or null. */
  readSnapshot(atMost?: number): Snapshot | null;

  /**
   * The batches with revision > `after`, in order, without gaps, read lazily. Where those are no longer all there it
   * goes on with the first that is, also when they go while it reads: compare the revision. Throws
   * JournalUnusable("damaged") on a batch that does not check out.
   */
  readBatches(after: number): Iterable<Batch>;

  /** The smallest revision for which readBatches(revision) still has every batch that follows. */
  firstReadableRevision(): number;

  /**
   * Writes a snapshot of a revision that is in the log (or of any, into an empty journal) a chunk at a time, with
   * appends in between. It counts only after `commit()`; one that was begun and not committed, also by a crash, is as if
   * never begun. It takes the place of an older one of the same revision. Throws JournalUnavailable.
   */
  beginSnapshot(revision: number): SnapshotWriter;

  /**
   * Writes a state that takes the place of everything, a chunk at a time, with appends in between: how a backup comes
   * back. `commit(revision)` is one step, also under a crash: before it the journal is as if nothing had begun, after it
   * the journal holds that snapshot and nothing else. The revision must be above the newest (an InvariantError if not),
   * so that none is ever given twice. It is a snapshot to the rule of one at a time. Throws JournalUnavailable.
   */
  beginReplacement(): ReplacementWriter;

  /**
   * Drops all batches that the snapshot of `revision` covers, and all older snapshots. Idempotent. Throws
   * JournalUnavailable, and an InvariantError where there is no such snapshot.
   */
  truncate(revision: number): void;

  /** Bytes of all batches appended since it was opened: what has piled up since the last snapshot is a difference. */
  appendedBytes(): number;

  /** Bytes on disk (or in memory), for metrics. */
  sizeBytes(): number;

  /** Releases the lock. Idempotent. */
  close(): void;
}
