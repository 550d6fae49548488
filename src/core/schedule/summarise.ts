// One sentence from a whole matrix: why nothing fits, what would make it fit, or why this node was the one.

import type { Strategy } from "../../model/cluster.ts";
import type { FilterName, FilterVerdict, NodeVerdict } from "../../model/explanation.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import type { Reason, TaskSpec } from "../../model/task.ts";

/** For a task that fits nowhere: counts by the first filter that each node fails, with the best of the numbers. */
export function summarise(verdicts: readonly NodeVerdict[], spec: TaskSpec): Reason {
  if (verdicts.length === 0) return { code: "no-nodes", message: "no node has registered" };
  const fitting = verdicts.filter(({ fits }) => fits).length;
  const groups = new Map<FilterName, FilterVerdict[]>();
  for (const { filters } of verdicts) {
    const failed = filters.find(({ passed }) => !passed);
    if (failed) groups.set(failed.filter, [...(groups.get(failed.filter) ?? []), failed]);
  }
  if (groups.size === 1 && groups.has("online") && fitting === 0) {
    const nodes = verdicts.length === 1 ? "the only node is" : `all ${verdicts.length} nodes are`;
    return { code: "no-nodes", message: `${nodes} offline` };
  }
  const parts = [...groups].map(([filter, failed]) => describeGroup(filter, failed, spec));
  return { code: "no-node-fits", message: `${fitting} of ${verdicts.length} nodes fit: ${parts.join(", ")}` };
}

function describeGroup(filter: FilterName, failed: FilterVerdict[], spec: TaskSpec): string {
  const count = failed.length;
  const is = count === 1 ? "is" : "are";
  const [least] = [...failed].sort((left, right) => left.missing - right.missing);
  switch (filter) {
    case "online":
      return `${count} ${is} offline`;
    case "engine":
      return `${count} without a working engine`;
    case "schedulable":
      return `${count} ${is} cordoned`;
    case "capacity":
      return `${count} ${is} full`;
    case "cpu": {
      const { request } = spec.resources.cpu;
      return `${count} ${lack(count)} cpu (needs ${formatCpu(request)}, the best has ${formatCpu(request - least!.missing)} free)`;
    }
    case "memory": {
      const { request } = spec.resources.memory;
      return `${count} ${lack(count)} memory (needs ${formatMemory(request)}, the best has ${formatMemory(request - least!.missing)} free)`;
    }
    case "host-port":
      return `${count} with the port taken (${least!.message})`;
    case "constraints":
      return `${count} outside the constraints (${least!.message})`;
    case "platform":
      return `${count} of another platform (needs ${spec.platform})`;
  }
}

function lack(count: number): string {
  return count === 1 ? "lacks" : "lack";
}

/** What each filter asks of a person, roughly in order of effort. */
const effort: Record<FilterName, number> = {
  schedulable: 1,
  capacity: 2,
  "host-port": 3,
  cpu: 4,
  memory: 4,
  constraints: 6,
  engine: 8,
  online: 9,
  platform: 20,
};

/** The least that would make the task fit, in words; null where it fits already. */
export function smallestChange(verdicts: readonly NodeVerdict[], spec: TaskSpec): string | null {
  if (verdicts.length === 0) return "start a worker: podling worker --master URL";
  if (verdicts.some(({ fits }) => fits)) return null;
  let best: { node: NodeVerdict; failed: FilterVerdict[]; cost: number } | null = null;
  for (const node of verdicts) {
    const failed = node.filters.filter(({ passed }) => !passed);
    const cost = failed.reduce((sum, { filter, missing }) => sum + effort[filter] + relative(filter, missing, spec), 0);
    if (best === null || cost < best.cost) best = { node, failed, cost };
  }
  const { node, failed } = best!;
  if (failed.some(({ filter }) => filter === "platform")) return `add a node that runs ${spec.platform}`;
  return failed.map((verdict) => remedy(verdict, node.hostname)).join(", and ");
}

/** Below 1: among nodes that lack the same kind of thing, the one that lacks least. */
function relative(filter: FilterName, missing: number, { resources }: TaskSpec): number {
  if (filter === "cpu") return Math.min(0.99, missing / resources.cpu.request);
  if (filter === "memory") return Math.min(0.99, missing / resources.memory.request);
  return 0;
}

function remedy({ filter, missing, message }: FilterVerdict, hostname: string): string {
  switch (filter) {
    case "schedulable":
      return `uncordon ${hostname}`;
    case "capacity":
      return `stop ${missing === 1 ? "a task" : `${missing} tasks`} on ${hostname}, or raise its --capacity`;
    case "cpu":
      return `free ${formatCpu(missing)} cpu on ${hostname}, or ask for that much less`;
    case "memory":
      return `free ${formatMemory(missing)} of memory on ${hostname}, or ask for that much less`;
    case "host-port":
      return `free the port on ${hostname} (${message}), or let a port be chosen`;
    case "constraints":
      return `change the labels of ${hostname} or the constraint (${message})`;
    case "engine":
      return `mend the engine of ${hostname}`;
    case "online":
      return `bring ${hostname} back online`;
    case "platform":
      return `use an image for the platform of ${hostname}`;
  }
}

/** Why the chosen node was the one: "n2 by spread: 2 of 10 places taken; best of 3 nodes that fit, of 5". */
export function summarisePlacement(verdicts: readonly NodeVerdict[], strategy: Strategy): string {
  const chosen = verdicts.find((node) => node.chosen);
  const fitting = verdicts.filter(({ fits }) => fits).length;
  if (!chosen) return "its node is no longer registered";
  const among = fitting === 1 ? "the only node that fits" : `best of ${fitting} nodes that fit`;
  return `${chosen.hostname} by ${strategy}: ${chosen.scoreMessage ?? "it does not fit any more"}; ${among}, of ${verdicts.length}`;
}
