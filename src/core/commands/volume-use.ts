// Refuses what cannot be done with a volume while a task may have it open.

import { type Outcome, refuse } from "../../model/refusal.ts";
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
