// The free capacity of nodes, computed without the scheduler, whose results are what the checkers verify.

import type { NodeRecord } from "../../model/node/node.ts";
import type { PortSpec } from "../../model/task/spec.ts";
import type { TaskView } from "../../model/task/view.ts";

/** Two listeners collide on one port of one address, or where either listens on all. */
export function collide(left: PortSpec, right: PortSpec): boolean {
  if (left.hostPort === null || left.hostPort !== right.hostPort || left.protocol !== right.protocol) return false;
  return left.hostIp === right.hostIp || left.hostIp === "0.0.0.0" || right.hostIp === "0.0.0.0";
}

/** Whole numbers, so that sums stay exact. */
export function cpuMillisOf(tasks: readonly TaskView[]): number {
  return tasks.reduce((sum, { resources }) => sum + Math.round(resources.cpu.request * 1000), 0);
}

export function memoryOf(tasks: readonly TaskView[]): number {
  return tasks.reduce((sum, { resources }) => sum + resources.memory.request, 0);
}

function allows({ features, policy }: NodeRecord, task: TaskView): boolean {
  const probes = [task.startupProbe, task.livenessProbe, task.readinessProbe];
  const sparse = [task.configs, task.secrets, task.containers];
  const options = [task.network, task.security, task.health, ...sparse, ...probes];
  const known = features !== null || options.every((option) => option === undefined);
  if (policy === null || !known) return known;
  const isBelow = ({ type, source }: TaskView["mounts"][number]) =>
    type !== "bind" || policy.binds.some((folder) => source.startsWith(`${folder}/`));
  return task.security?.privileged !== true && task.mounts.every(isBelow); // every policy here allows the host's network
}

/** True when the node could take the task now, beside its other tasks. */
export function couldTake(node: NodeRecord, held: readonly TaskView[], task: TaskView): boolean {
  if (node.status !== "online" || !node.schedulable || node.draining !== null || node.engineError !== null)
    return false;
  if (held.length >= node.capacity) return false;
  const all = [...held, task];
  if (node.cpu > 0 && task.resources.cpu.request > 0 && cpuMillisOf(all) > node.cpu * 1000) return false;
  if (node.memory > 0 && task.resources.memory.request > 0 && memoryOf(all) > node.memory) return false;
  if (held.some((other) => other.ports.some((taken) => task.ports.some((wanted) => collide(taken, wanted)))))
    return false;
  if (!allows(node, task)) return false;
  return task.constraints.every((constraint) => {
    if (constraint.type !== "label" || constraint.operator !== "equals") return false; // no simulated client uses it
    return node.labels[constraint.key] === constraint.value;
  });
}
