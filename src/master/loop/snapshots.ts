// When the log has grown long, the state is written beside it, and what an older snapshot covered is dropped: so the
// file stays bounded and a start stays short. A chunk at a time; requests are answered in between.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { writeSnapshot } from "../../core/state/snapshot.ts";
import { type Journal, JournalUnavailable, type SnapshotWriter } from "../../journal/journal.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";

export interface SnapshotsOptions {
  state: ClusterState;
  journal: Journal;
  clock: Clock;
  log: Log;
  onFatal: (error: unknown) => void;
  /** A snapshot is due after so many changes; left out: that of the limits. */
  everyChanges?: number | undefined;
  /** Changes that the log already holds since its newest snapshot: restarts must not begin the count anew. */
  changesInLog: number;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;
  #changes: number;
  #bytesBefore = 0;
  #underWay = false;
  #stopped = false;
  /** None is begun, and one under way is given up, until it is released. */
  #held = false;
  /** After a failure: not before this time, in ms since the epoch. */
  #retryAt = 0;
  /** Written so far, for metrics. */
  taken = 0;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#changes = options.changesInLog;
  }

  /** So many changes more are in the log. Call it when nothing undurable is in the state. */
  grown(changes: number): void {
    this.#changes += changes;
    const { journal, clock, everyChanges = limits.snapshotChanges } = this.#options;
    const bytes = journal.appendedBytes() - this.#bytesBefore;
    const due = this.#changes >= everyChanges || bytes >= limits.snapshotBytes;
    if (due && !this.#underWay && !this.#held && clock.now() >= this.#retryAt) void this.#take();
  }

  /** Leaves off in the middle: a snapshot without its end counts as never begun. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when none is under way: the journal takes one writer of that kind at a time. */
  async pause(): Promise<void> {
    this.#held = true;
    while (this.#underWay) await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
  }

  resume(): void {
    this.#held = false;
  }

  async #take(): Promise<void> {
    const { state, journal, clock, log, onFatal } = this.#options;
    this.#underWay = true;
    const covered = this.#changes;
    const bytes = journal.appendedBytes();
    let writer: SnapshotWriter | null = null;
    try {
      const before = journal.readSnapshot()?.revision;
      writer = journal.beginSnapshot(state.revision);
      for (const chunk of writeSnapshot(state)) {
        writer.write(chunk);
        await new Promise<void>((resolve) => clock.soon(resolve));
        if (this.#stopped || this.#held) return writer.abort();
      }
      writer.commit();
      this.#changes -= covered;
      this.#bytesBefore = bytes;
      this.taken++;
      // The one before stays: explanations reach back to it.
      if (before !== undefined) journal.truncate(before);
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) return onFatal(error);
      writer?.abort();
      this.#retryAt = clock.now() + limits.snapshotRetryMs;
      log.warn("a snapshot could not be written; it is tried again", {
        why: error.message,
        inMs: limits.snapshotRetryMs,
      });
    } finally {
      this.#underWay = false;
    }
  }
}
