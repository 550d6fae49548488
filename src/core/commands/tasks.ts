// The commands of users on tasks: create, stop, remove.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { nextTaskId, type TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { specOfInput } from "../../model/task/input-spec.ts";
import { hasFinished, type PackedTask, type PackedTaskUpdate, type Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findTask } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { ending } from "./ending.ts";

export function decideCreate(
  state: ClusterState,
  { input, idempotency, nameMustBeFree = false }: Extract<Command, { type: "createTask" }>,
  { now, random }: DecisionContext,
): Outcome<Decision> {
  const earlier = idempotency && state.withKey(idempotency.key);
  if (earlier) {
    const { taskId, fingerprint } = earlier;
    if (fingerprint === idempotency.fingerprint) return ok({ changes: [], granted: { taskId } });
    return refuse(
      "idempotency-conflict",
      `the Idempotency-Key ${JSON.stringify(idempotency.key)} made task ${taskId} from a different body`,
      { hint: "Use a new key for a new task.", details: { taskId } },
    );
  }
  const holder = nameMustBeFree ? liveTask(state, input.name) : undefined;
  if (holder) return nameTaken(holder);
  const pending = state.pending.count;
  if (pending >= limits.pendingTasks) {
    return refuse("too-many", `the cluster holds ${pending} pending tasks, which is its limit`, {
      hint: "Add nodes, or stop tasks that wait.",
      details: { what: "pending tasks", count: pending },
    });
  }
  const taskId = nextTaskId(state.cursors.lastTaskId, now, random);
  const record: PackedTask = {
    taskId,
    name: input.name,
    createdAt: toTimestamp(now),
    spec: state.sharing.packed(specOfInput(input)),
    ...(idempotency ? { idempotency } : {}),
  };
  return ok({ changes: [{ type: "task.created", record }], granted: { taskId } });
}

/** The unfinished task of this name; of several, the oldest. */
function liveTask(state: ClusterState, name: string): Task | undefined {
  const ids = [...state.named(name)].sort();
  return ids.map((taskId) => state.task(taskId)).find((task) => !hasFinished(task));
}

function nameTaken({ name, taskId, observed, desired }: Task): Outcome<never> {
  const status = desired === "stopped" ? "being stopped" : observed.status;
  return refuse("name-taken", `the name ${name} is taken: task ${taskId} is ${status}`, {
    hint: "Stop that task first, choose another name, or leave out the header If-None-Match to have two tasks of one name.",
    details: { taskId, name, status: observed.status },
  });
}

export function decideStop(state: ClusterState, taskId: TaskId, context: DecisionContext): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const granted = { taskId };
  if (hasFinished(task) || task.desired === "stopped") return ok({ changes: [], granted });
  const reason = (message: string, code: "stopped" | "stopping") => ({ code, message });
  const set: PackedTaskUpdate =
    task.observed.status === "pending"
      ? {
          desired: "stopped",
          ...ending({ status: "stopped", reason: reason("stopped before it was placed", "stopped") }, context),
        }
      : {
          desired: "stopped",
          observed: {
            reason: reason(`asked to stop; it has ${task.spec.stopGraceSeconds} s before it is killed`, "stopping"),
          },
        };
  return ok({ changes: [{ type: "task.updated", id: taskId, set }], granted });
}

export function decideRemove(
  state: ClusterState,
  command: Extract<Command, { type: "removeTask" }>,
): Outcome<Decision> {
  const found = findTask(state, command.taskId);
  if (!found.ok) return found;
  const { name, taskId, observed } = found.value;
  if (!hasFinished(found.value) && !command.force) {
    return refuse("task-live", `task ${name} (${taskId}) is ${observed.status}`, {
      hint: `Stop it first: podling stop ${name}. Or remove it all the same: podling rm -f ${name} (over HTTP: ?force=true).`,
      details: { taskId, status: observed.status },
    });
  }
  return ok({ changes: [{ type: "task.removed", id: taskId }], granted: { taskId } });
}
