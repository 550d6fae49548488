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
    if (state.finished.size > kept.count || state.slotHistory.isCrowded) return 0;
    const oldest = state.finished.first();
    return oldest === undefined ? null : expiry(state, oldest, kept);
  },
};

function* removeExpired(state: ClusterState, { now, retention: kept }: ReconcileContext): Generator<Change> {
  while (state.slotHistory.isCrowded)
    for (const taskId of state.slotHistory.toRemove()) yield { type: "task.removed", id: taskId };
  for (const taskId of state.finished.values()) {
    if (state.finished.size <= kept.count && expiry(state, taskId, kept) > now) return;
    yield { type: "task.removed", id: taskId };
  }
}

function expiry(state: ClusterState, taskId: TaskId, { ageMs }: Retention): number {
  return fromTimestamp(state.task(taskId).ended!.at) + ageMs;
}
