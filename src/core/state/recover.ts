// Builds a state from a journal: the newest snapshot that is old enough, then the batches that follow. Start-up and
// history use the same functions.

import type { Batch, Change } from "../../model/change.ts";
import { migrateBatch } from "../../model/kinds/migrate.ts";
import { ClusterState } from "./cluster-state.ts";
import type { Delta } from "./delta.ts";
import { SnapshotReader } from "./snapshot.ts";

/** The part of the journal port that recovery needs, declared here because core imports no port. */
export interface Log {
  readSnapshot(atMost?: number): Promise<{ revision: number; chunks: AsyncIterable<string> } | null>;
  readBatches(after: number): AsyncIterable<Batch>;
}

/** Called with the number of records that have just been read. It may let other work run before it resolves. */
export type Pause = (records: number) => Promise<void> | void;

/** Applies a batch of any data format; gives back what each of its changes did. */
export function applyBatch(state: ClusterState, batch: Batch): Delta[] {
  const deltas = migrateBatch(batch).changes.map((change) => state.apply(change));
  state.revision = batch.revision;
  return deltas;
}

/** The state of the newest snapshot; an empty one if there is none. */
export function recoverSnapshot(log: Log): Promise<ClusterState> {
  return stateOfSnapshot(log, Number.POSITIVE_INFINITY, () => {});
}

/** Applies the batches that follow. `onBatch` is called after each, with the batch in the current data format. */
export async function replay(
  log: Log,
  state: ClusterState,
  onBatch: (batch: Batch, deltas: readonly Delta[]) => void = () => {},
): Promise<void> {
  for await (const raw of log.readBatches(state.revision)) {
    const batch = migrateBatch(raw);
    onBatch(batch, applyBatch(state, batch));
  }
}

/** The newest state that the log can give. */
export async function recover(log: Log): Promise<ClusterState> {
  const state = await recoverSnapshot(log);
  await replay(log, state);
  return state;
}

/**
 * The state just before the first change of revision `revision` for which `until` holds: what that change was decided
 * from. Null if the log no longer reaches back so far, or if there is no such change.
 */
export async function recoverBefore(
  log: Log,
  revision: number,
  until: (change: Change) => boolean,
  pause: Pause,
): Promise<ClusterState | null> {
  const state = await stateOfSnapshot(log, revision - 1, pause);
  for await (const batch of log.readBatches(state.revision)) {
    if (batch.revision !== state.revision + 1 || batch.revision > revision) return null;
    if (batch.revision < revision) {
      applyBatch(state, batch);
      await pause(batch.changes.length);
      continue;
    }
    for (const change of migrateBatch(batch).changes) {
      if (until(change)) return state;
      state.apply(change);
    }
    return null;
  }
  return null;
}

async function stateOfSnapshot(log: Log, atMost: number, pause: Pause): Promise<ClusterState> {
  const snapshot = await log.readSnapshot(atMost);
  if (!snapshot) return new ClusterState();
  const reader = new SnapshotReader();
  for await (const chunk of snapshot.chunks) {
    await pause(reader.chunk(chunk));
  }
  return reader.end();
}
