// Restores a backup: reads and checks all of it before anything changes, writes it beside the log, and then replaces the
// log in one step. Until that step the master works as before; after it the next term begins with the restored state.

import type { RestoreQuery } from "../../api/schemas/queries.ts";
import { type BackupManifest, BackupReader, damaged } from "../../api/views/backup-file.ts";
import type { RestoreAnswer } from "../../api/views/restore-summary.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { recover } from "../../core/state/recover.ts";
import {
  BadRecord,
  compareStates,
  continueAfter,
  countRecords,
  isEmptyCluster,
  loadRestoreReader,
  markUnconfirmed,
} from "../../core/state/restore.ts";
import { writeHeader, writeRecords } from "../../core/state/snapshot.ts";
import { type Journal, JournalUnavailable, type ReplacementWriter } from "../../journal/journal.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { ok } from "../../lib/result.ts";
import { kinds, listedKinds } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { formatMemory } from "../../model/quantity.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Pausable } from "../loop/pausable.ts";

type Pieces = AsyncIterable<Uint8Array>;

/** The term whose state a restore replaces. */
export interface ReplaceableTerm {
  /** True when the master is stopping: no further step of a restore may begin. */
  readonly stopping: boolean;
  /** Ends this term, because the journal holds another state, and begins the next. Resolves when its epoch is known. */
  beginNext(): Promise<void>;
}

export interface RestoreTarget {
  state: ClusterState;
  journal: Journal;
  clock: Clock;
  /** The tick loop: no batch is appended while it is paused. */
  writes: Pausable;
  snapshots: Pausable;
  term: Pick<ReplaceableTerm, "stopping">;
}

/** A backup that was read and checked to its last line. */
export interface ReadBackup {
  manifest: BackupManifest;
  state: ClusterState;
}

/** Reads a whole backup. A refusal says what is wrong, and in which record. */
export async function readBackup(pieces: Pieces, clock: Clock): Promise<Outcome<ReadBackup>> {
  const file = new BackupReader();
  const records = await loadRestoreReader();
  let count = 0;
  try {
    for await (const piece of pieces) {
      const lines = file.push(piece);
      if (!lines.ok) return lines;
      if (file.bytes > limits.backupBytes) return tooLarge();
      for (const line of lines.value) {
        count++;
        records.line(line);
      }
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
    const manifest = file.end();
    if (!manifest.ok) return manifest;
    const state = records.end();
    return matching(manifest.value, state)
      ? ok({ manifest: manifest.value, state })
      : damaged("its first line does not match its records");
  } catch (error) {
    if (error instanceof BadRecord) return damaged(`record ${count}: ${error.message}`);
    throw error;
  }
}

/** Backups of older releases have no count of kinds that came later, and no records of them. */
function matching(manifest: BackupManifest, state: ClusterState): boolean {
  return (
    manifest.clusterId === state.cluster.clusterId &&
    manifest.revision === state.revision &&
    listedKinds.every((kind) => state.tables[kind].size === (manifest[kinds[kind].plural] ?? 0))
  );
}

/**
 * Replaces the journal's content with a backup. If it is refused or throws, nothing has changed. If it is granted, the
 * backup is durable, writes are still paused, and the target's state is out of date.
 */
export async function restore(
  target: RestoreTarget,
  { manifest, state }: ReadBackup,
  { dryRun, force }: RestoreQuery,
): Promise<Outcome<RestoreAnswer>> {
  const now = target.state;
  const needsForce = () => now.cluster.clusterId !== manifest.clusterId && !isEmptyCluster(now) && !force;
  if (needsForce()) return otherCluster(manifest, now);
  const answer = (revision: number | null): RestoreAnswer => ({
    restored: revision !== null,
    backup: manifest,
    before: { clusterId: now.cluster.clusterId, revision: now.revision, ...countRecords(now) },
    revision,
    ...compareStates(now, state),
  });
  if (dryRun) return ok(answer(null));
  let writer: ReplacementWriter | null = null;
  let held = false;
  try {
    markUnconfirmed(state);
    await target.snapshots.pause();
    if (target.term.stopping) return stopping();
    writer = await target.journal.beginReplacement();
    for (const chunk of writeRecords(state)) {
      await writer.write(chunk);
      await new Promise<void>((resolve) => target.clock.soon(resolve));
      if (target.term.stopping) return stopping();
    }
    held = true;
    await target.writes.pause();
    if (target.term.stopping) return stopping();
    if (needsForce()) return otherCluster(manifest, now); // a task was created while the backup was written
    const { cluster, cursors } = now;
    continueAfter(
      state,
      { revision: target.journal.lastRevision(), cluster, lastTaskId: cursors.lastTaskId },
      target.clock.now(),
    );
    const granted = answer(state.revision);
    await writer.write(writeHeader(state));
    await writer.commit(state.revision);
    writer = null;
    held = false;
    return ok(granted);
  } catch (error) {
    if (!(error instanceof JournalUnavailable)) throw error;
    return refuse("journal-unavailable", `the journal cannot write: ${error.message}. Nothing was changed`, {
      hint: error.hint ?? "Free space or make the master's data folder writable, then restore again.",
    });
  } finally {
    await writer?.abort();
    if (held) target.writes.resume();
  }
}

/** Restores into a journal that no master has open. */
export async function restoreJournal(
  { journal, clock }: Pick<RestoreTarget, "journal" | "clock">,
  pieces: Pieces,
  query: RestoreQuery,
): Promise<Outcome<RestoreAnswer>> {
  const read = await readBackup(pieces, clock);
  if (!read.ok) return read;
  const idle: Pausable = { pause: async () => {}, resume: () => {} };
  const target = { journal, clock, writes: idle, snapshots: idle, term: { stopping: false } };
  return restore({ state: await recover(journal), ...target }, read.value, query);
}

/** An upload that breaks off just ends: the reader notices the missing last line. */
async function* untilBroken(upload: Pieces): AsyncGenerator<Uint8Array> {
  try {
    yield* upload;
  } catch {
    // The client has gone, so there is no one to answer.
  }
}

function otherCluster({ clusterId, at }: BackupManifest, now: ClusterState): Outcome<never> {
  const { tasks, cluster } = now;
  return refuse(
    "other-cluster",
    `the backup is of cluster ${clusterId} (at ${at}), and this is cluster ${cluster.clusterId}, with ${tasks.size} tasks. Nothing was changed`,
    {
      hint: "Restore it to its own master, or use --force (over HTTP: ?force=true). The containers of this cluster then keep running and are no longer managed.",
      details: { backup: clusterId, cluster: cluster.clusterId, tasks: tasks.size },
    },
  );
}

function tooLarge(): Outcome<never> {
  return refuse("body-too-large", `the backup is larger than ${formatMemory(limits.backupBytes)}, which is the limit`, {
    hint: "Is this the right file?",
    details: { limit: limits.backupBytes },
  });
}

function stopping(): Outcome<never> {
  return refuse("not-ready", "the master is stopping. Nothing was changed", { hint: "Try again when it is back." });
}

export interface RestoresOptions {
  target: RestoreTarget & { term: ReplaceableTerm };
  log: Log;
}

/** Restores into a running master, one at a time. */
export class Restores {
  readonly #options: RestoresOptions;
  #underWay = false;

  constructor(options: RestoresOptions) {
    this.#options = options;
  }

  async restore(upload: Pieces, query: RestoreQuery): Promise<Outcome<RestoreAnswer>> {
    if (this.#underWay) {
      return refuse("too-many", "another restore is running", {
        hint: "Wait until it is done.",
      });
    }
    this.#underWay = true;
    const { target, log } = this.#options;
    let replaced = false;
    try {
      const read = await readBackup(untilBroken(upload), target.clock);
      if (!read.ok) return read;
      const outcome = await restore(target, read.value, query);
      if (!outcome.ok || !outcome.value.restored) return outcome;
      replaced = true;
      const begun = target.term.beginNext();
      const { backup, before, revision } = outcome.value;
      log.warn("the state was replaced by a backup", {
        clusterId: backup.clusterId,
        of: backup.at,
        backupRevision: backup.revision,
        revisionBefore: before.revision,
        revision,
      });
      await begun;
      return outcome;
    } finally {
      this.#underWay = false;
      if (!replaced) target.snapshots.resume();
    }
  }
}
