// Refuses what cannot be done with a volume while a task may have it open.

import type { Change } from "../../model/change.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import { mainContainer, namedVolumes } from "../../model/task/spec.ts";
import type { PackedContainerStatus } from "../../model/task/status.ts";
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

/**
 * Records that volumes of a task exist on its node: a container that mounts them has started there. Of several containers,
 * one that waits has not been created yet, and neither have its volumes.
 */
export function filledVolumes({ tables }: Pick<ClusterState, "tables">, task: Task, set: PackedTaskUpdate): Change[] {
  const { volumes } = requirementsOf(task.spec);
  if (volumes.length === 0) return [];
  const mounted = mountedBy(task, startedOf(set.observed?.containers ?? []));
  return volumes.flatMap(({ name }): Change[] => {
    const volume = mounted.has(name) ? tables.volume.get(name) : undefined;
    if (!volume || volume.filled || volume.nodeId !== task.placement?.nodeId) return [];
    return [{ type: "volume.updated", id: name, set: { filled: true } }];
  });
}

/** True when a container that mounts the volume has started, of a task that may still have it. */
export function isOpened(state: ClusterState, name: string): boolean {
  return state.schedule.volumes.holders(name).some((taskId) => {
    const task = state.task(taskId);
    return mountedBy(task, startedOf(task.observed.containers)).has(name);
  });
}

/** The names of those that say when they started. */
function startedOf(containers: readonly PackedContainerStatus[]): string[] {
  return containers.flatMap(({ name = mainContainer, startedAt = null }) => (startedAt === null ? [] : [name]));
}

/** The volumes that these containers of the task mount. */
function mountedBy({ spec: { init, containers } }: Pick<Task, "spec">, names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return noNames;
  return new Set([...init, ...containers].flatMap((one) => (names.includes(one.name) ? namedVolumes(one) : [])));
}

const noNames: ReadonlySet<string> = new Set();
