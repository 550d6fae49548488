// Empties nodes that are being drained of the tasks that no service owns. Those that are kept alive are stopped and started
// elsewhere; the others may end by themselves until the deadline. Replicas of services are moved by their own reconciler.

import { fromTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { localDataOf } from "../../model/task/local-data.ts";
import type { Task } from "../../model/task/task.ts";
import { stopForDrain } from "../commands/task-requests.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const drains: Reconciler = {
  name: "drains",
  run: emptyNodes,
  nextDue: (state, { now }) => {
    let earliest: number | null = null;
    for (const nodeId of state.draining) {
      const node = state.node(nodeId);
      const due = tasksLeft(state, node).length > 0 ? Math.max(now, deadlineOf(node)) : null;
      if (due !== null && (earliest === null || due < earliest)) earliest = due;
    }
    return earliest;
  },
};

function* emptyNodes(state: ClusterState, { now, revision }: ReconcileContext): Generator<Change> {
  for (const nodeId of [...state.draining].sort()) {
    const node = state.node(nodeId);
    const isOver = now >= deadlineOf(node);
    for (const task of tasksLeft(state, node)) {
      if (!isOver && !isMovedAtOnce(task)) continue;
      const what = isOver ? "its time to drain is over" : "it is started elsewhere";
      yield stopForDrain(task, `${node.hostname} is being drained, and ${what}`, { now, revision });
    }
  }
}

/** In order of their ids. */
function tasksLeft(state: ClusterState, { nodeId }: NodeRecord): Task[] {
  const tasks = [...state.placedOn(nodeId)].sort().map((id) => state.task(id));
  return tasks.filter(({ owner, desired }) => owner?.kind !== "service" && desired !== "stopped");
}

function isMovedAtOnce({ owner, spec }: Task): boolean {
  return owner === null && spec.restartPolicy.mode === "always" && localDataOf(spec).length === 0;
}

function deadlineOf({ draining }: NodeRecord): number {
  return draining ? fromTimestamp(draining.deadlineAt) : Number.POSITIVE_INFINITY;
}
