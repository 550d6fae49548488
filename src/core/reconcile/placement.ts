// Gives waiting tasks a node, oldest first, and records why a task still waits.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { Reason } from "../../model/task/reason.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import type { Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const placement: Reconciler = {
  name: "placement",
  run: schedule,
  nextDue: (state, { now }) => (state.pending.hasDirty ? now : null),
};

/** Oldest first among the shapes worth an attempt; a shape that does not fit is left until room is gained. */
function* schedule(state: ClusterState, { now, revision }: ReconcileContext): Generator<Change> {
  const shapes = state.pending.dirty();
  while (shapes.length > 0) {
    const position = oldestShape(state, shapes);
    const key = shapes[position]!;
    const taskId = state.pending.oldest(key);
    if (taskId === undefined) {
      shapes.splice(position, 1);
      continue;
    }
    const task = state.task(taskId);
    const nodeId = state.schedule.choose(requirementsOf(task.spec), state.cluster.strategy, state.cursors.lastNodeId);
    if (nodeId !== null) {
      const reason: Reason = { code: "placed", message: `placed on ${state.node(nodeId).hostname}, not started yet` };
      const set = {
        placement: { nodeId, at: toTimestamp(now), revision },
        observed: { status: "scheduled" as const, reason },
      };
      yield { type: "task.updated", id: taskId, set };
      continue;
    }
    yield* explainFailure(state, key, task);
    state.pending.settled(key);
    shapes.splice(position, 1);
  }
}

/** The position of the shape with the oldest task. Clusters have few shapes, so a look at each is cheapest. */
function oldestShape(state: ClusterState, shapes: readonly string[]): number {
  let best = 0;
  let bestId = state.pending.oldest(shapes[0]!) ?? "";
  for (let i = 1; i < shapes.length; i++) {
    const id = state.pending.oldest(shapes[i]!) ?? "";
    if (id < bestId) {
      best = i;
      bestId = id;
    }
  }
  return best;
}

/** Says why, to those of the shape that do not know yet, and to all whose record says another kind of reason. */
function* explainFailure(state: ClusterState, key: string, task: Task): Generator<Change> {
  const shape = state.pending.shape(key)!;
  if (shape.failure?.roomVersion !== state.capacityVersion) {
    shape.failure = { reason: state.schedule.whyNone(requirementsOf(task.spec)), roomVersion: state.capacityVersion };
  }
  const { reason } = shape.failure;
  const agreeing = (shape.told.get(reason.code) ?? 0) + shape.unexplained.size;
  const concerned = agreeing === shape.taskIds.size ? [...shape.unexplained] : [...shape.taskIds.values()];
  for (const taskId of concerned) {
    if (state.task(taskId).observed.reason.code !== reason.code)
      yield { type: "task.updated", id: taskId, set: { observed: { reason } } };
  }
}
