// What follows from the state without anybody asking: waiting tasks get places, old finished tasks go. It yields one
// change at a time, and each must be applied before the next is asked for.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Reason, Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export interface Retention {
  /** Finished tasks kept. */
  count: number;
  ageMs: number;
}

export interface ReconcileContext {
  now: number;
  /** The revision that the batch will get. */
  revision: number;
  retention: Retention;
}

/** Changes of one tick; what is left is settled in the next. A tick of this size takes some 50 ms. */
const changesPerTick = 8192;

export function* reconcile(state: ClusterState, context: ReconcileContext): Generator<Change> {
  let budget = changesPerTick;
  for (const change of schedule(state, context)) {
    yield change;
    if (--budget === 0) return;
  }
  for (const taskId of expired(state, context)) {
    yield { type: "task.removed", taskId };
    if (--budget === 0) return;
  }
}

/** Is there more to settle now, beyond what one tick took? */
export function needsReconcile(
  state: ClusterState,
  { now, retention }: Pick<ReconcileContext, "now" | "retention">,
): boolean {
  return state.pending.hasDirty || (nextExpiry(state, retention) ?? Number.POSITIVE_INFINITY) <= now;
}

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
    const nodeId = state.schedule.choose(task, state.cluster.strategy, state.lastNodeId);
    if (nodeId !== null) {
      const reason: Reason = { code: "placed", message: `placed on ${state.node(nodeId).hostname}, not started yet` };
      const set = {
        status: "scheduled" as const,
        nodeId,
        reason,
        scheduledAt: toTimestamp(now),
        scheduledRevision: revision,
      };
      yield { type: "task.updated", taskId, set };
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
  if (shape.failure?.roomVersion !== state.roomVersion) {
    shape.failure = { reason: state.schedule.whyNone(task), roomVersion: state.roomVersion };
  }
  const { reason } = shape.failure;
  const agreeing = (shape.told.get(reason.code) ?? 0) + shape.unexplained.size;
  const concerned = agreeing === shape.taskIds.size ? [...shape.unexplained] : [...shape.taskIds.values()];
  for (const taskId of concerned) {
    if (state.task(taskId).reason.code !== reason.code) yield { type: "task.updated", taskId, set: { reason } };
  }
}

function* expired(state: ClusterState, { now, retention }: ReconcileContext): Generator<TaskId> {
  for (const taskId of state.finished.values()) {
    if (state.finished.size <= retention.count && expiry(state, taskId, retention) > now) return;
    yield taskId;
  }
}

/** When the next finished task is due to go, in ms since the epoch; null where none is kept. */
export function nextExpiry(state: ClusterState, retention: Retention): number | null {
  if (state.finished.size > retention.count) return 0;
  const oldest = state.finished.first();
  return oldest === undefined ? null : expiry(state, oldest, retention);
}

function expiry(state: ClusterState, taskId: TaskId, retention: Retention): number {
  return Date.parse(state.task(taskId).finishedAt!) + retention.ageMs;
}

export const defaultRetention: Retention = {
  count: limits.finishedTaskCount,
  ageMs: limits.finishedTaskAgeMs,
};
