// Replaces tasks that were lost with their node, where nothing owns them: a new task with the same template takes the
// place of each whose restart policy keeps it alive. A task with an owner is its owner's to replace.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import { nextTaskId, type TaskId } from "../../model/ids.ts";
import { packSpec } from "../../model/task/spec.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const restarts: Reconciler = {
  name: "restarts",
  run: replaceLost,
  nextDue: (state, { now }) => (state.toReplace.size > 0 ? now : null),
};

function* replaceLost(state: ClusterState, { now, random }: ReconcileContext): Generator<readonly Change[]> {
  for (let id = state.toReplace.first(); id !== undefined; id = state.toReplace.first()) {
    const { name, spec } = state.task(id);
    const taskId: TaskId = nextTaskId(state.cursors.lastTaskId, now, random);
    const createdAt = toTimestamp(now);
    yield [
      { type: "task.created", record: { taskId, name, createdAt, replaces: id, spec: packSpec(spec) } },
      { type: "task.updated", id, set: { replacedBy: taskId } },
    ];
  }
}
