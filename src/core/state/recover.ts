// A state from a journal: the newest snapshot that is old enough, then the batches that follow. Start-up and history
// are the same function.

import type { Batch, Change } from "../../model/change.ts";
import { migrateBatch } from "../../model/kinds/migrate.ts";
import { ClusterState } from "./cluster-state.ts";
import type { Delta } from "./delta.ts";
import { readSnapshot, readSnapshotInSteps } from "./snapshot.ts";

/** What recovery needs of a journal; structural, so that core knows no port. */
export interface Log {
  readSnapshot(atMost?: number): { revision: number; chunks: Iterable<string> } | null;
  readBatches(after: number): Iterable<Batch>;
}

/** Applies a batch of any data format; gives back what each of its changes did. */
export function applyBatch(state: ClusterState, batch: Batch): Delta[] {
  const deltas = migrateBatch(batch).changes.map((change) => state.apply(change));
  state.revision = batch.revision;
  return deltas;
}

/** The state of the newest snapshot; an empty one where there is none. */
export function recoverSnapshot(log: Log): ClusterState {
  const snapshot = log.readSnapshot();
  return snapshot ? readSnapshot(snapshot.chunks) : new ClusterState();
}

/** Applies the batches that follow. `onBatch` is called after each. */
export function replay(
  log: Log,
  state: ClusterState,
  onBatch: (batch: Batch, deltas: readonly Delta[]) => void = () => {},
): void {
  for (const batch of log.readBatches(state.revision)) onBatch(batch, applyBatch(state, batch));
}

/** The newest state that the log can give. */
export function recover(log: Log): ClusterState {
  const state = recoverSnapshot(log);
  replay(log, state);
  return state;
}

/**
 * The state just before the first change at or after revision `revision` for which `until` holds: what that change was
 * decided from. Null where the log no longer reaches back so far, or no such change is in it. Yields now and then, so
 * that whoever drives it can let others work: the number of records that have just been read.
 */
export function* recoverBefore(
  log: Log,
  revision: number,
  until: (change: Change) => boolean,
): Generator<number, ClusterState | null> {
  const snapshot = log.readSnapshot(revision - 1);
  const state = snapshot ? yield* readSnapshotInSteps(snapshot.chunks) : new ClusterState();
  for (const batch of log.readBatches(state.revision)) {
    if (batch.revision !== state.revision + 1 || batch.revision > revision) return null;
    if (batch.revision < revision) {
      applyBatch(state, batch);
    } else {
      for (const change of migrateBatch(batch).changes) {
        if (until(change)) return state;
        state.apply(change);
      }
      return null;
    }
    yield batch.changes.length;
  }
  return null;
}
