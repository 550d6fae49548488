// A state from a journal: the newest snapshot that is old enough, then the batches that follow. Start-up and history
// are the same function.

import type { Batch, Change } from "../model/change.ts";
import { readSnapshot, readSnapshotInSteps } from "./snapshot.ts";
import { ClusterState } from "./state.ts";

/** What recovery needs of a journal; structural, so that core knows no port. */
export interface Log {
  readSnapshot(atMost?: number): { revision: number; chunks: Iterable<string> } | null;
  readBatches(after: number): Iterable<Batch>;
}

export function applyBatch(state: ClusterState, batch: Batch): void {
  for (const change of batch.changes) state.apply(change);
  state.revision = batch.revision;
}

/** The newest state that the log can give. */
export function recover(log: Log): ClusterState {
  const snapshot = log.readSnapshot();
  const state = snapshot ? readSnapshot(snapshot.chunks) : new ClusterState();
  for (const batch of log.readBatches(state.revision)) applyBatch(state, batch);
  return state;
}

/**
 * The state just before the first change at or after revision `revision` for which `until` holds: what that change was
 * decided from. Null where the log no longer reaches back so far, or no such change is in it. Yields now and then, so
 * that whoever drives it can let others work.
 */
export function* recoverBefore(
  log: Log,
  revision: number,
  until: (change: Change) => boolean,
): Generator<void, ClusterState | null> {
  const snapshot = log.readSnapshot(revision - 1);
  const state = snapshot ? yield* readSnapshotInSteps(snapshot.chunks) : new ClusterState();
  for (const batch of log.readBatches(state.revision)) {
    if (batch.revision !== state.revision + 1 || batch.revision > revision) return null;
    if (batch.revision < revision) {
      applyBatch(state, batch);
    } else {
      for (const change of batch.changes) {
        if (until(change)) return state;
        state.apply(change);
      }
      return null;
    }
    yield;
  }
  return null;
}
