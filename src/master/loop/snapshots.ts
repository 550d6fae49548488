// Writes a snapshot when the log has grown by enough, a chunk at a time, with requests served in between; then drops the
// history that is older or larger than the limits. So a start stays short, and the file bounded.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { writeSnapshot } from "../../core/state/snapshot.ts";
import { type HistoryLimits, type Journal, JournalUnavailable, type SnapshotWriter } from "../../journal/journal.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Batch } from "../../model/change.ts";
import { limits } from "../../model/limits.ts";
import type { Pausable } from "./pausable.ts";
import type { CommitListener } from "./tick-loop.ts";

const historyKept: HistoryLimits = { ms: limits.historyMs, bytes: limits.historyBytes };

export interface SnapshotsOptions {
  state: ClusterState;
  journal: Journal;
  clock: Clock;
  log: Log;
  onFatal: (error: unknown) => void;
  /** A snapshot is due after so many changes. Left out: the number in the limits. */
  everyChanges?: number | undefined;
  /** How much history the journal keeps. Left out: the numbers in the limits. */
  history?: HistoryLimits | undefined;
  /** Changes that the log already holds since its newest snapshot: a restart must not set the count back to 0. */
  changesInLog: number;
}

export class Snapshots implements CommitListener, Pausable {
  readonly #options: SnapshotsOptions;
  #changes: number;
  #bytesBefore = 0;
  /** Null while none is being written. */
  #underWay: Promise<void> | null = null;
  #stopped = false;
  /** True from `pause` to `resume`: none is begun, and one under way is aborted. */
  #paused = false;
  /** None is begun before this time, in ms since the epoch: a minute after a failure. */
  #retryAt = 0;
  /** Written so far, for metrics. */
  taken = 0;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#changes = options.changesInLog;
  }

  /** Nothing in the state is undurable now: the next snapshot may begin. */
  committed({ changes }: Pick<Batch, "changes">): void {
    this.#changes += changes.length;
    const { journal, clock, state, everyChanges = limits.snapshotChanges } = this.#options;
    const bytes = journal.appendedBytes() - this.#bytesBefore;
    // A snapshot writes every task: in a large cluster it waits for as many changes as there are tasks.
    const due = this.#changes >= Math.max(everyChanges, state.tasks.size) || bytes >= limits.snapshotBytes;
    if (!due || this.#underWay || this.#paused || this.#stopped || clock.now() < this.#retryAt) return;
    this.#underWay = this.#take().finally(() => {
      this.#underWay = null;
    });
  }

  /** Aborts the one that is being written: without its end it leaves no trace. Resolves when it is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#underWay;
  }

  /** Resolves when none is being written: the journal takes one writer of that kind at a time. */
  async pause(): Promise<void> {
    this.#paused = true;
    await this.#underWay;
  }

  resume(): void {
    this.#paused = false;
  }

  async #take(): Promise<void> {
    const { state, journal, clock, log, onFatal, history = historyKept } = this.#options;
    const covered = this.#changes;
    const bytes = journal.appendedBytes();
    // Drawn at once: while the journal gets ready to write, the state may change.
    const revision = state.revision;
    const chunks = writeSnapshot(state);
    let writer: SnapshotWriter | null = null;
    try {
      writer = await journal.beginSnapshot(revision);
      for (const chunk of chunks) {
        await writer.write(chunk);
        await new Promise<void>((resolve) => clock.soon(resolve));
        if (this.#stopped || this.#paused) return await writer.abort();
      }
      await writer.commit();
      this.#changes -= covered;
      this.#bytesBefore = bytes;
      this.taken++;
      if (!this.#stopped) await journal.retain(history, clock.now());
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) return onFatal(error);
      await writer?.abort();
      this.#retryAt = clock.now() + limits.snapshotRetryMs;
      log.warn("a snapshot could not be written; it is tried again", {
        why: error.message,
        inMs: limits.snapshotRetryMs,
      });
    }
  }
}
