// Refuses what cannot be done with a volume while a task may have it open.

import type { Change } from "../../model/change.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import type { PackedTaskUpdate, Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";

/** Null if no task that may have a container mounts the volume. */
export function refuseWhileUsed(state: ClusterState, name: string, done: string): Outcome<never> | null {
  const [taskId] = state.schedule.volumes.holders(name).sort();
  if (taskId === undefined) return null;
  const task = state.task(taskId);
  const { hostname } = state.node(task.placement!.nodeId);
  return refuse("volume-in-use", `the volume ${name} cannot be ${done} while ${task.name} on ${hostname} uses it`, {
    hint: `Stop the task first: podling stop ${task.name}`,
    details: { name, taskId },
  });
}

/** Records that the volumes of a task exist on its node: a container that mounts them has started there. */
export function filledVolumes({ tables }: Pick<ClusterState, "tables">, task: Task, set: PackedTaskUpdate): Change[] {
  const hasStarted = set.observed?.containers?.some(({ startedAt }) => (startedAt ?? null) !== null) ?? false;
  const { volumes } = requirementsOf(task.spec);
  if (!hasStarted || volumes.length === 0) return [];
  return volumes.flatMap(({ name }): Change[] => {
    const volume = tables.volume.get(name);
    if (!volume || volume.filled || volume.nodeId !== task.placement?.nodeId) return [];
    return [{ type: "volume.updated", id: name, set: { filled: true } }];
  });
}
