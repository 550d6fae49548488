// Removes finished tasks that are too old or too many, in the cluster or in a slot of a service.

import { fromTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler, Retention } from "./reconciler.ts";

export const defaultRetention: Retention = {
  count: limits.finishedTaskCount,
  ageMs: limits.finishedTaskAgeMs,
};

export const retention: Reconciler = {
  name: "retention",
  run: removeExpired,
  nextDue: (state, { retention: kept }) => {
    if (hasTooMany(state, kept) || state.slotHistory.isCrowded) return 0;
    const oldest = state.finished.first();
    return oldest === undefined ? null : expiry(state, oldest, kept);
  },
};

function* removeExpired(state: ClusterState, { now, retention: kept }: ReconcileContext): Generator<Change> {
  while (state.slotHistory.isCrowded)
    for (const taskId of state.slotHistory.toRemove()) yield { type: "task.removed", id: taskId };
  for (const taskId of state.finished.values()) {
    if (expiry(state, taskId, kept) > now) {
      if (!hasTooMany(state, kept)) return;
      // Without it, its slot would get the next replica at once, whatever has failed before.
      if (state.undecided.has(taskId)) continue;
    }
    yield { type: "task.removed", id: taskId };
  }
}

/** What its service has not replaced yet is kept beside those that are counted. */
function hasTooMany(state: ClusterState, { count }: Retention): boolean {
  return state.finished.size - state.undecided.size > count;
}

function expiry(state: ClusterState, taskId: TaskId, { ageMs }: Retention): number {
  return fromTimestamp(state.task(taskId).ended!.at) + ageMs;
}
