// Says what a command changes, or why it is refused. Pure: nothing is applied here, and time and chance are handed in.

import { unreachable } from "../../lib/assert.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import { nextTaskId, type TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isFinished, type PackedTask } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findTask } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import {
  decideDeregister,
  decideLoss,
  decideRefresh,
  decideRegistration,
  decideRelease,
  decideSchedulable,
  decideSuspicion,
} from "./nodes.ts";
import { decideReport } from "./task-report.ts";

export function decide(state: ClusterState, command: Command, context: DecisionContext): Outcome<Decision> {
  switch (command.type) {
    case "startMaster":
      return ok({ changes: [startMaster(state, command)], granted: {} });
    case "createTask":
      return createTask(state, command, context);
    case "reportTask":
      return decideReport(state, command.taskId, command.report, context);
    case "stopTask":
      return stopTask(state, command.taskId, context);
    case "removeTask":
      return removeTask(state, command);
    case "registerNode":
      return decideRegistration(state, command.registration, context);
    case "refreshNode":
      return decideRefresh(state, command, context);
    case "setSchedulable":
      return decideSchedulable(state, command);
    case "suspectNode":
      return decideSuspicion(state, command, context);
    case "releaseNode":
      return decideRelease(state, command);
    case "loseNode":
      return decideLoss(state, command, context);
    case "deregisterNode":
      return decideDeregister(state, command.nodeId, context);
    case "probe":
      return ok({ changes: [{ type: "cluster.updated", set: {} }], granted: {} });
    case "wake":
      return ok({ changes: [], granted: {} });
    default:
      return unreachable(command);
  }
}

function startMaster(state: ClusterState, command: Extract<Command, { type: "startMaster" }>): Change {
  const { clusterId, epoch } = state.cluster;
  return {
    type: "cluster.updated",
    set: { clusterId: clusterId || command.clusterId, epoch: epoch + 1, strategy: command.strategy },
  };
}

function createTask(
  state: ClusterState,
  { wish, idempotency }: Extract<Command, { type: "createTask" }>,
  { now, random }: DecisionContext,
): Outcome<Decision> {
  const earlier = idempotency && state.withKey(idempotency.key);
  if (earlier) {
    if (earlier.fingerprint === idempotency.fingerprint)
      return ok({ changes: [], granted: { taskId: earlier.taskId } });
    return refuse(
      "idempotency-conflict",
      `the Idempotency-Key ${JSON.stringify(idempotency.key)} made task ${earlier.taskId} from a different body`,
      { hint: "Use a new key for a new task.", details: { taskId: earlier.taskId } },
    );
  }
  if (state.tasks.size >= limits.tasks)
    return tooMany("tasks", state.tasks.size, "Remove finished tasks: podling prune.");
  if (state.pending.count >= limits.pendingTasks) {
    return tooMany("pending tasks", state.pending.count, "Add nodes, or stop tasks that wait.");
  }
  const taskId = nextTaskId(state.lastTaskId, now, random);
  const task: PackedTask = { taskId, createdAt: toTimestamp(now), ...wish };
  return ok({
    changes: [{ type: "task.created", task, ...(idempotency ? { idempotency } : {}) }],
    granted: { taskId },
  });
}

function tooMany(what: string, count: number, hint: string): Outcome<never> {
  return refuse("too-many", `the cluster holds ${count} ${what}, which is its limit`, {
    hint,
    details: { what, count },
  });
}

function stopTask(state: ClusterState, taskId: TaskId, { now }: DecisionContext): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const granted = { taskId };
  if (isFinished(task.status) || task.desired === "stopped") return ok({ changes: [], granted });
  const set =
    task.status === "pending"
      ? {
          desired: "stopped" as const,
          status: "stopped" as const,
          finishedAt: toTimestamp(now),
          reason: { code: "stopped" as const, message: "stopped before it was placed" },
        }
      : {
          desired: "stopped" as const,
          reason: {
            code: "stopping" as const,
            message: `asked to stop; it has ${task.stopGraceSeconds} s before it is killed`,
          },
        };
  return ok({ changes: [{ type: "task.updated", taskId, set }], granted });
}

function removeTask(state: ClusterState, command: Extract<Command, { type: "removeTask" }>): Outcome<Decision> {
  const found = findTask(state, command.taskId);
  if (!found.ok) return found;
  const task = found.value;
  if (!isFinished(task.status) && !command.force) {
    return refuse("task-live", `task ${task.name} (${task.taskId}) is ${task.status}`, {
      hint: `Stop it first: podling stop ${task.name}. Or remove it all the same: podling rm -f ${task.name} (over HTTP: ?force=true).`,
      details: { taskId: task.taskId, status: task.status },
    });
  }
  return ok({ changes: [{ type: "task.removed", taskId: task.taskId }], granted: { taskId: task.taskId } });
}
