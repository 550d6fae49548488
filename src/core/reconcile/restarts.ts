// Replaces tasks that were lost with their node, where nothing owns them: a new task with the same template takes the
// place of each whose restart policy keeps it alive. A task with an owner is its owner's to replace.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import { nextTaskId, type TaskId } from "../../model/ids.ts";
import { type PackedSpec, packSpec, type TaskSpec } from "../../model/task/spec.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { checkContents, resolveContents } from "../state/contents.ts";
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
      { type: "task.created", record: { taskId, name, createdAt, replaces: id, spec: templateOf(state, spec) } },
      { type: "task.updated", id, set: { replacedBy: taskId } },
    ];
  }
}

/** With the newest versions of its configs and secrets where one that the lost task had is not kept any more. */
function templateOf(state: ClusterState, spec: TaskSpec): PackedSpec {
  const packed = packSpec(spec);
  if (checkContents(state, spec) === null) return packed;
  const resolved = resolveContents(state, packed, "task");
  return resolved.ok ? resolved.value : packed;
}
