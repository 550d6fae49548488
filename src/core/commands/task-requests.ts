// What users ask of a task that exists: to stop, to restart, to be removed. Each request is part of the record, so that it
// survives a restart of the master and reaches a worker that is away.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { restartFeature } from "../../model/task/needs.ts";
import { isPlaced, type Reason } from "../../model/task/reason.ts";
import {
  graceSecondsOf,
  hasFinished,
  noRequests,
  type PackedTaskUpdate,
  type Task,
  type TaskRequests,
} from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findTask } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { ending } from "./ending.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export function decideStop(
  state: ClusterState,
  { taskId, graceSeconds = null }: CommandOf<"stopTask">,
  context: DecisionContext,
): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const granted = { taskId };
  if (hasFinished(task)) return ok({ changes: [], granted });
  if (task.observed.status === "pending") return ok({ changes: [stopChange(task, context)], granted });
  // A stop under way can be made shorter, not longer; and a user who stops a task wants no other one in its place.
  if (
    !task.requests?.replace &&
    task.desired === "stopped" &&
    (graceSeconds ?? task.spec.stopGraceSeconds) >= graceSecondsOf(task)
  ) {
    return ok({ changes: [], granted });
  }
  const replace = task.requests?.replace ? { replace: false } : {};
  const set = stopping(task, { graceSeconds, ...replace }, "asked to stop");
  return ok({ changes: [{ type: "task.updated", id: taskId, set }], granted });
}

/** The change that ends a task which is not placed yet, or makes the node of a placed one stop it. */
export function stopChange(
  task: Task,
  context: Pick<DecisionContext, "now" | "revision">,
  why = "asked to stop",
): Change {
  const { taskId: id, observed } = task;
  if (observed.status !== "pending") return { type: "task.updated", id, set: stopping(task, {}, why) };
  const reason = { code: "stopped", message: "stopped before it was placed" } as const;
  return { type: "task.updated", id, set: { desired: "stopped", ...ending({ status: "stopped", reason }, context) } };
}

/** The change that makes a placed task leave its node. If its policy keeps it alive, another task takes its place then. */
export function stopForDrain(task: Task, why: string, context: Pick<DecisionContext, "now" | "revision">): Change {
  if (task.owner !== null || task.spec.restartPolicy.mode === "never") return stopChange(task, context, why);
  return { type: "task.updated", id: task.taskId, set: stopping(task, { replace: true }, why) };
}

/** The change that removes a task, or makes the node of a placed one stop it and removes it then. */
export function removalChange(task: Task): Change {
  const { taskId: id, observed } = task;
  if (!isPlaced(observed.status)) return { type: "task.removed", id };
  return { type: "task.updated", id, set: stopping(task, { remove: true }, "asked to be removed") };
}

/** The update that makes the node of a placed task stop it. */
function stopping(task: Task, asked: Partial<TaskRequests>, what: string): PackedTaskUpdate {
  const requests = requestsWith(task, asked);
  const graceSeconds = graceSecondsOf({ ...task, desired: "stopped", ...(requests ? { requests } : {}) });
  const time = graceSeconds === 0 ? "it is killed at once" : `it has ${graceSeconds} s before it is killed`;
  return {
    desired: "stopped",
    ...(requests ? { requests } : {}),
    observed: { reason: { code: "stopping", message: `${what}; ${time}` } },
  };
}

/** Undefined if nothing is asked for, now or before. */
function requestsWith({ requests }: Task, asked: Partial<TaskRequests>): TaskRequests | undefined {
  const next = { ...(requests ?? noRequests), ...asked };
  const isNothing = next.graceSeconds === null && !next.remove && !next.replace && next.restarts === 0;
  return !requests && isNothing ? undefined : next;
}

export function decideRestart(
  state: ClusterState,
  { taskId, graceSeconds = null, by }: CommandOf<"restartTask">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const { name, observed, desired, placement } = task;
  const node = placement && state.nodes.get(placement.nodeId);
  if (observed.status !== "running" || desired === "stopped" || !node) {
    return refuse("illegal-move", `task ${name} (${taskId}) ${whyNotRestarted(task)}`, {
      hint: whatNext(task),
      details: { taskId, status: observed.status },
    });
  }
  if (!node.features?.includes(restartFeature)) {
    const version = node.version === "" ? "" : ` (version ${node.version})`;
    return refuse("unprocessable", `the worker of ${node.hostname}${version} cannot restart tasks`, {
      hint: "Upgrade the worker, or stop the task and run it again.",
      details: { taskId, nodeId: node.nodeId },
    });
  }
  const restarts = (task.requests?.restarts ?? 0) + 1;
  const requests = requestsWith(task, { graceSeconds, restarts, restartedBy: by, restartAskedAt: toTimestamp(now) });
  const reason: Reason = { code: "restart-requested", message: `restart asked for by ${by}` };
  const set: PackedTaskUpdate = { ...(requests ? { requests } : {}), observed: { reason } };
  return ok({ changes: [{ type: "task.updated", id: taskId, set }], granted: { taskId } });
}

function whyNotRestarted({ observed, desired }: Task): string {
  if (desired === "stopped" && isPlaced(observed.status)) return "is being stopped";
  return observed.status === "scheduled" ? "has not started yet" : `is ${observed.status}`;
}

/** What to type in the place of a restart that is refused. */
function whatNext(task: Task): string {
  const { name, desired } = task;
  if (hasFinished(task)) return "A finished task is not started again: run it again with podling run.";
  if (desired === "stopped")
    return `Wait until it has stopped (podling wait ${name}), then run it again with podling run.`;
  return `podling explain ${name} says what it waits for.`;
}

export function decideRemove(
  state: ClusterState,
  { taskId, force, whenEnded = false }: CommandOf<"removeTask">,
): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const { name, observed } = task;
  const granted = { taskId };
  if (!hasFinished(task) && !force) {
    return refuse("task-live", `task ${name} (${taskId}) is ${observed.status}`, {
      hint: `Stop it first: podling stop ${name}. Or remove it all the same: podling rm -f ${name} (over HTTP: ?force=true).`,
      details: { taskId, status: observed.status },
    });
  }
  if (!whenEnded || !isPlaced(observed.status)) return ok({ changes: [{ type: "task.removed", id: taskId }], granted });
  if (task.requests?.remove) return ok({ changes: [], granted });
  const set = stopping(task, { graceSeconds: 0, remove: true }, "asked to be removed");
  return ok({ changes: [{ type: "task.updated", id: taskId, set }], granted });
}
