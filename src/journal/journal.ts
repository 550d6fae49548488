// The port to the log of the cluster: an append-only sequence of batches, and snapshots of the state. A journal stores,
// reads and drops JSON; it does not know what the changes mean. Every adapter passes journal.contract.ts.

import type { Batch } from "../model/change.ts";

/** A state written as lines of text, in chunks of some hundred records, so that no step blocks for long. */
export interface Snapshot {
  /** The state is the one after the batch of this revision. */
  revision: number;
  /** Each chunk holds lines that the state wrote and will read; a journal does not look inside. */
  chunks: AsyncIterable<string>;
}

/**
 * One at a time. A step that rejects has aborted the snapshot; only a `commit` whose sync failed may have left it. `abort` is
 * idempotent, and does nothing after `commit`.
 */
export interface SnapshotWriter {
  write(chunk: string): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** The same for a state that replaces all that the journal holds. Its revision is given with the commit. */
export interface ReplacementWriter {
  write(chunk: string): Promise<void>;
  commit(revision: number): Promise<void>;
  abort(): Promise<void>;
}

/** The right to append. Only the newest lease of a journal has it. */
export interface Lease {
  /** Grows with each lease that this journal gives. */
  readonly epoch: number;
  /** What an append is checked against: one value for each lease. */
  readonly fence: string;
  /** Resolves when the lease is no longer the newest, as far as this process knows. It may be lost before. */
  readonly lost: Promise<void>;
  /**
   * Until when the holder may answer reads, in ms of the monotonic clock (`Clock.elapsed`). Infinity if the lease is
   * a file lock: the operating system keeps it for as long as the process lives.
   */
  validUntil(): number;
}

/**
 * appended: the batch is durable. fenced: the lease is not the newest one, and nothing was written; the holder must not
 * answer anything any more. unknown: the batch may be durable or not; `resolveUnknown` finds out.
 */
export type AppendResult = "appended" | "fenced" | "unknown";

/** How much history is kept, whichever limit is reached first. */
export interface HistoryLimits {
  /** In ms: the state of any time within it can be read. */
  ms: number;
  /** Of batches and snapshots together. */
  bytes: number;
}

/**
 * The journal cannot write now (disk full, read-only, file removed). Nothing of the write remains. It may work later.
 * The hint says what to do, where that is something else than to make space or to allow writes.
 */
export class JournalUnavailable extends Error {
  override name = "JournalUnavailable";
  readonly hint: string | null;
  constructor(message: string, hint: string | null = null) {
    super(message);
    this.hint = hint;
  }
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

/** Opened by the adapter's own function, which throws JournalUnusable and never overwrites what it does not understand. */
export interface Journal {
  /** Resolves when `holder` (a name for messages) may append. Ends every earlier lease of this journal. */
  acquire(holder: string, signal?: AbortSignal): Promise<Lease>;

  /**
   * Appends one batch. Rejects with JournalUnavailable if the batch is surely not in the journal. `batch.revision` must
   * be the newest revision plus one (an InvariantError if not). One append at a time; not idempotent.
   */
  append(batch: Batch, lease: Lease): Promise<AppendResult>;

  /**
   * After `unknown`: true if the batch is durable, false if it is not in the journal and never will be. Rejects with
   * JournalUnavailable while neither is certain. No append is allowed before it has resolved.
   */
  resolveUnknown(batch: Batch): Promise<boolean>;

  /** The newest revision: of the last batch, or of the last snapshot if no batch follows it; 0 if the journal is empty. */
  lastRevision(): number;

  /** The newest whole snapshot with revision <= `atMost` (default: any), or null. */
  readSnapshot(atMost?: number): Promise<Snapshot | null>;

  /**
   * The batches with revision > `after`, in order, without gaps, read lazily. If those are no longer all there, it
   * continues with the first that is, also if they are dropped while it reads: compare the revision. Throws
   * JournalUnusable("damaged") on a batch that fails its checksum.
   */
  readBatches(after: number): AsyncIterable<Batch>;

  /** The smallest revision for which readBatches(revision) still has every batch that follows. */
  firstReadableRevision(): number;

  /**
   * The revision that was the newest at time `ms` (since the epoch). The wall clock may have been set back, so a batch
   * counts as written at the largest `at` of all batches up to it. Null if the journal no longer reaches back so far.
   * The master does not call it yet. It is part of the port because showing the state of an earlier moment needs it, and an
   * adapter must keep the times for it from the first batch on.
   */
  revisionAt(ms: number): Promise<number | null>;

  /**
   * Writes a snapshot of a revision that is in the log (or of any, into an empty journal) a chunk at a time, with
   * appends in between. It counts only after `commit()`. One that was begun and not committed, also by a crash, leaves
   * no trace. It replaces an older one of the same revision. Rejects with JournalUnavailable.
   */
  beginSnapshot(revision: number): Promise<SnapshotWriter>;

  /**
   * Writes a state that replaces everything, a chunk at a time, with appends in between: how a backup is restored.
   * `commit(revision)` is one step, also under a crash: before it the journal is unchanged, after it the journal holds
   * that snapshot and nothing else. The revision must be above the newest (an InvariantError if not), so that none is
   * ever given twice. A replacement counts as a snapshot to the rule of one at a time. Rejects with JournalUnavailable.
   */
  beginReplacement(): Promise<ReplacementWriter>;

  /**
   * Drops all batches that the snapshot of `revision` covers, and all older snapshots. Idempotent. Rejects with
   * JournalUnavailable, and with an InvariantError if there is no such snapshot.
   */
  truncate(revision: number): Promise<void>;

  /**
   * Truncates at the newest snapshot that is old enough (`now` in ms since the epoch) or that brings the journal within
   * the bytes. It never drops the two newest snapshots. Rejects with JournalUnavailable.
   */
  retain(limits: HistoryLimits, now: number): Promise<void>;

  /** Bytes of all batches appended since it was opened. */
  appendedBytes(): number;

  /** Bytes on disk (or in memory), for metrics. */
  sizeBytes(): number;

  /** Ends the lease and releases the lock. Idempotent. */
  close(): Promise<void>;
}
