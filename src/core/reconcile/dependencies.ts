// Notes what services and jobs wait for, and keeps their tasks from being placed meanwhile: looks at each one whose dependencies
// have changed. It runs after all that makes tasks and before what places them, so that no task is placed in between.

import { toTimestamp } from "../../lib/clock.ts";
import { same } from "../../lib/same.ts";
import type { Change } from "../../model/change.ts";
import { type Dependent, dependencyReason, type WaitsFor } from "../../model/dependency/dependency.ts";
import type { JobId, ServiceId, TaskId } from "../../model/ids.ts";
import { hasEnded } from "../../model/job/job.ts";
import { type Reason, waitingReason, waitsForDependency } from "../../model/task/reason.ts";
import type { Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { restartChanges } from "./dependency/restart.ts";
import { type Unmet, unmetOf } from "./dependency/unmet.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const dependencies: Reconciler = {
  name: "dependencies",
  run: reconcileDependencies,
  nextDue: (state, { now }) => state.dependents.queue.nextDue(now),
};

function* reconcileDependencies(state: ClusterState, { now }: ReconcileContext): Generator<Change | readonly Change[]> {
  for (const id of state.dependents.queue.ready(now)) {
    const service = state.tables.service.get(id);
    const job = state.tables.job.get(id);
    if (service) {
      const unmet = unmetOf(state, service);
      const waitsFor = noted(service, unmet, now);
      if (waitsFor !== undefined) yield { type: "service.updated", id: service.serviceId, set: { waitsFor } };
      const mustWait = ({ owner }: Task) => unmet?.scope === "all" || owner!.revision !== service.stable;
      yield* gate(state, state.serviceTasks.of(id as ServiceId), unmet, mustWait);
      const restart = restartChanges(state, state.record("service", id), now);
      if (restart.length > 0) yield restart;
    } else if (job) {
      const unmet = hasEnded(job) ? null : unmetOf(state, job);
      const waitsFor = noted(job, unmet, now);
      if (waitsFor !== undefined) yield { type: "job.updated", id: job.jobId, set: { waitsFor } };
      yield* gate(state, state.jobTasks.of(id as JobId), unmet, () => true);
    }
    state.dependents.queue.done(id, null);
  }
}

/** What the record has to say now; undefined if it says that already. */
function noted({ waitsFor = null }: Dependent, unmet: Unmet | null, now: number): WaitsFor | null | undefined {
  if (unmet === null) return waitsFor === null ? undefined : null;
  const isSame = waitsFor !== null && waitsFor.name === unmet.name && waitsFor.why === unmet.why;
  const next = { ...unmet, since: isSame ? waitsFor.since : toTimestamp(now) };
  return same(next, waitsFor) ? undefined : next;
}

/** Sets the reasons of the tasks that are not placed yet: by its reason, a task is one to be placed or not. */
function* gate(
  state: ClusterState,
  taskIds: ReadonlySet<TaskId>,
  unmet: Unmet | null,
  mustWait: (task: Task) => boolean,
): Generator<Change> {
  for (const id of [...taskIds].sort()) {
    const task = state.task(id);
    const { status, reason } = task.observed;
    if (status !== "pending") continue;
    const next = unmet !== null && mustWait(task) ? dependencyReason(unmet) : free(state, id, reason);
    if (next.code === reason.code && next.message === reason.message) continue;
    yield { type: "task.updated", id, set: { observed: { reason: next } } };
  }
}

const heldReason: Reason = Object.freeze({
  code: "preempting",
  message: "waits until the tasks that are stopped for it have left",
});

/** The reason of a task that need not wait for a dependency. */
function free(state: ClusterState, id: TaskId, reason: Reason): Reason {
  if (!waitsForDependency(reason)) return reason;
  return state.pending.isHeld(id) ? heldReason : waitingReason;
}
