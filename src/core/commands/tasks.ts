// The command that creates a task.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { nextTaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { specOfInput } from "../../model/task/input-spec.ts";
import { unpackSpec } from "../../model/task/spec.ts";
import { hasFinished, type PackedTask, type Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { resolveContents } from "../state/contents.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { refuseVolumes } from "./volumes.ts";

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
  const spec = resolveContents(state, specOfInput(input), "task");
  if (!spec.ok) return spec;
  const packed = state.sharing.packed(spec.value);
  const refusal = packed.containers.some(({ mounts }) => mounts) ? refuseVolumes(state, unpackSpec(packed)) : null;
  if (refusal) return refusal;
  const taskId = nextTaskId(state.cursors.lastTaskId, now, random);
  const record: PackedTask = {
    taskId,
    name: input.name,
    createdAt: toTimestamp(now),
    spec: packed,
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
