// Says of tasks that were placed on a node without a worker, and have not started for some seconds, that nothing starts
// them there and what to do. The record gets the sentence once, so that lists and watchers show it like every other reason.

import { fromTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { neverStartedReason } from "../../model/task/reason.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const neverStarted: Reconciler = {
  name: "never-started",
  run: stateNeverStarted,
  nextDue: (state) => {
    if (isFull(state)) return null;
    const first = state.withoutWorker.oldest().next().value;
    return first === undefined ? null : dueAt(state, first);
  },
};

function* stateNeverStarted(state: ClusterState, { now }: ReconcileContext): Generator<Change> {
  for (const id of state.withoutWorker.oldest()) {
    if (isFull(state) || dueAt(state, id) > now) return;
    const { hostname } = state.node(state.task(id).placement!.nodeId);
    yield { type: "task.updated", id, set: { observed: { reason: neverStartedReason(hostname) } } };
  }
}

function isFull({ withoutWorker }: ClusterState): boolean {
  return withoutWorker.stated >= limits.neverStartedTasks;
}

function dueAt(state: ClusterState, id: TaskId): number {
  return fromTimestamp(state.task(id).placement!.at) + limits.neverStartedMs;
}
