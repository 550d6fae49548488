// Makes the record of every named volume that a task mounts, before the task is placed. Tasks of release 0.1.0 have volumes
// without records: such a volume is bound to the node where the newest task with it was placed.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { Task } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const volumes: Reconciler = {
  name: "volumes",
  run: recordVolumes,
  nextDue: ({ schedule }, { now }) => (schedule.volumes.unrecorded.length > 0 ? now : null),
};

function* recordVolumes(state: ClusterState, { now }: ReconcileContext): Generator<Change> {
  for (const name of state.schedule.volumes.unrecorded) {
    yield { type: "volume.created", record: firstRecord(state, name, toTimestamp(now)) };
  }
}

function firstRecord(state: ClusterState, name: string, createdAt: string): Volume {
  const book = state.schedule.volumes;
  const last = lastPlaced(state, name);
  const node = last && state.nodes.get(last.placement!.nodeId);
  return {
    ...{ name, work: null, copies: [], labels: {}, createdAt },
    ...{ nodeId: node?.nodeId ?? null, hostname: node?.hostname ?? null, state: node ? "bound" : "unbound" },
    // Release 0.1.0 allowed any number of writers: those that run go on.
    writers: book.writers(name) > 1 ? "many" : 1,
    lastUsedBy: last && { taskId: last.taskId, name: last.name },
  };
}

/** The newest task with the volume that was placed on a node which is still in the cluster; null if there is none. */
function lastPlaced(state: ClusterState, name: string): Task | null {
  let last: Task | null = null;
  for (const taskId of state.schedule.volumes.users(name)) {
    const task = state.task(taskId);
    if (task.placement === null || !state.nodes.has(task.placement.nodeId)) continue;
    if (last === null || isLater(task, last)) last = task;
  }
  return last;
}

/** A running task says more than one that has ended. */
function isLater(task: Task, than: Task): boolean {
  const [runs, ran] = [task, than].map(({ ended }) => ended === null);
  if (runs !== ran) return runs!;
  return task.placement!.at === than.placement!.at
    ? task.taskId > than.taskId
    : task.placement!.at > than.placement!.at;
}
