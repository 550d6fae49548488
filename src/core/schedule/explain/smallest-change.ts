// The smallest change that would make a task fit: on the node where it costs least, what each failed filter needs.

import type { FilterName, FilterVerdict, NodeVerdict } from "../../../model/explanation.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import { breachesOf } from "../../../model/node/policy.ts";
import { formatCpu, formatMemory } from "../../../model/quantity.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import type { Constraint } from "../../../model/task/spec.ts";
import { count, formatConstraint } from "../filters.ts";
import { demandOf, unmet } from "../index/node-info.ts";

/** Roughly the effort of a person for each filter. Of equal efforts, the node that lacks the smallest amount is chosen. */
const effort: Record<FilterName, number> = {
  steady: 0.5,
  schedulable: 1,
  draining: 1.5,
  capacity: 2,
  "host-port": 3,
  memory: 4,
  cpu: 4,
  constraints: 6,
  policy: 7,
  features: 7,
  engine: 8,
  online: 9,
  "volume-in-use": 3,
  volume: 20,
  platform: 30,
  "max-per-node": 5,
  near: 6,
  apart: 6,
};
/** The effort where nothing helps: the node is too small even when empty, or the constraint names another node. */
const never = 1000;

type RecordOf = (nodeId: NodeId) => NodeRecord | undefined;

/**
 * Null if the task fits already. `recordOf` gives what the verdicts do not contain, the sizes and labels of the nodes.
 * Without it the sentence is less exact, and a node that is too small looks like a full one.
 */
export function smallestChange(
  verdicts: readonly NodeVerdict[],
  requirements: Requirements,
  recordOf: RecordOf = () => undefined,
): string | null {
  if (verdicts.length === 0) return "start a worker: podling worker --master URL";
  let best: { node: NodeVerdict; failed: FilterVerdict[]; cost: number } | null = null;
  for (const node of verdicts) {
    if (node.fits) return null;
    const failed = node.filters.filter(({ passed }) => !passed);
    const record = recordOf(node.nodeId);
    const cost = failed.reduce((sum, verdict) => sum + costOf(verdict, requirements, record), 0);
    if (best === null || cost < best.cost) best = { node, failed, cost };
  }
  const { node, failed, cost } = best!;
  const record = recordOf(node.nodeId);
  if (cost >= never) return whyNever(verdicts, requirements, recordOf);
  if (failed.some(({ filter }) => filter === "platform")) return `add a node that runs ${requirements.platform}`;
  return failed.map((verdict) => remedy(verdict, node.hostname, requirements, record)).join(", and ");
}

function costOf(
  { filter, missing }: FilterVerdict,
  requirements: Requirements,
  record: NodeRecord | undefined,
): number {
  if (filter === "cpu" || filter === "memory") {
    const { cpuMillis, memoryBytes } = demandOf(requirements);
    const needs = filter === "cpu" ? cpuMillis / 1000 : memoryBytes;
    if (record && needs > record[filter]) return never;
    return effort[filter] + Math.min(0.99, missing / needs);
  }
  if (filter === "capacity") return record?.capacity === 0 ? never : effort.capacity + Math.min(0.99, missing / 10_000);
  if (filter !== "constraints" || !record) return effort[filter];
  const broken = unmetAll(requirements, record);
  return broken.some(({ type }) => type === "node") ? never : effort.constraints * broken.length;
}

/** The sentence for a task that no node can run even when empty. */
function whyNever(verdicts: readonly NodeVerdict[], requirements: Requirements, recordOf: RecordOf): string {
  const records = verdicts.flatMap(({ nodeId }) => recordOf(nodeId) ?? []);
  const { cpuMillis, memoryBytes } = demandOf(requirements);
  const largest = (of: "cpu" | "memory") =>
    Math.max(...records.map((record) => (record[of] === 0 ? Number.POSITIVE_INFINITY : record[of])));
  const advice = "lower the request, or add a node";
  if (memoryBytes > largest("memory")) {
    return `no node has that much memory (the largest has ${formatMemory(largest("memory"))}): ${advice}`;
  }
  if (cpuMillis > largest("cpu") * 1000)
    return `no node has that many cores (the largest has ${formatCpu(largest("cpu"))}): ${advice}`;
  const both = `${formatCpu(cpuMillis / 1000)} cpu and ${formatMemory(memoryBytes)} of memory`;
  for (const constraint of requirements.constraints) {
    if (constraint.type !== "node") continue;
    const drop = `drop the constraint ${formatConstraint(constraint)}`;
    if (constraint.operator === "not-equals") return `add a node, or ${drop}`;
    const there = records.some(({ hostname, nodeId }) => hostname === constraint.value || nodeId === constraint.value);
    if (!there) return `register a node named ${constraint.value}, or ${drop}`;
    return `${constraint.value} is too small for ${both}: lower the request, or ${drop}`;
  }
  return `no node has both ${both}: ${advice}`;
}

function remedy(
  { filter, missing, message }: FilterVerdict,
  hostname: string,
  requirements: Requirements,
  record: NodeRecord | undefined,
): string {
  switch (filter) {
    case "steady":
      return `wait until ${hostname} sends heartbeats again, or is declared lost`;
    case "schedulable":
      return `uncordon ${hostname}`;
    case "draining":
      return `end the drain of ${hostname}: podling node undrain ${hostname}`;
    case "capacity": {
      const tasks = missing === 1 ? "one task" : count(missing, "task");
      return `stop ${tasks} on ${hostname}, or raise its capacity${record ? ` above ${record.capacity + missing - 1}` : ""}`;
    }
    case "cpu":
      return `free ${formatCpu(missing)} cpu on ${hostname}, or lower the request by that amount`;
    case "memory":
      return `free ${formatMemory(missing)} of memory on ${hostname}, or lower the request by that amount`;
    case "host-port":
      return freePort(message, hostname, requirements);
    case "constraints":
      if (!record) return `change the labels of ${hostname} or the constraint (${message})`;
      return relabelAll(unmetAll(requirements, record), record);
    case "engine":
      return record?.engineError
        ? `fix the container engine on ${hostname}: ${record.engineError}`
        : `fix the container engine on ${hostname}`;
    case "online":
      return `bring ${hostname} back online${orRelease(requirements)}`;
    case "volume":
      return `bring back the node that has its data${orRelease(requirements)}`;
    case "volume-in-use":
      return `stop that task, or mount the volume read-only (${message})`;
    case "platform":
      return `use an image for the platform of ${hostname}`;
    case "features":
      return `upgrade the worker of ${hostname}`;
    case "max-per-node":
      return `raise --max-per-node above ${requirements.rules?.maxPerNode}, or add a node`;
    case "near":
      return `run on ${hostname} what it must be near (${message})`;
    case "apart":
      return `move away from ${hostname} what it must be apart from (${message})`;
    case "policy": {
      const flags = breachesOf(record?.policy ?? null, requirements.needs).map(({ flag }) => flag);
      return flags.length === 0
        ? `allow it in the policy of ${hostname} (${message})`
        : `start the worker of ${hostname} with ${flags.join(" ")}`;
    }
  }
}

function orRelease({ volumes }: Requirements): string {
  if (volumes.length === 0) return "";
  const commands = volumes.map(({ name }) => `podling volume release ${name}`).join(" and ");
  return `, or give its data up: ${commands}`;
}

function freePort(message: string, hostname: string, requirements: Requirements): string {
  const { ports } = demandOf(requirements);
  const what = ports.length === 1 ? `port ${ports[0]!.key} on ${hostname}` : `the port on ${hostname} (${message})`;
  return `free ${what}, or let the engine choose a port`;
}

function relabelAll(constraints: readonly Constraint[], record: NodeRecord): string {
  const sentence = constraints.map((constraint) => relabel(constraint, record)).join(", and ");
  const words = constraints.flatMap((constraint) => {
    if (constraint.type !== "label" || constraint.operator === "not-equals") return [];
    return [constraint.operator === "equals" ? `${constraint.key}=${constraint.value}` : `${constraint.key}=`];
  });
  // Only if a shell takes each as one word, and if the command does all that is needed.
  if (words.length !== constraints.length || words.some((word) => !/^[\w./:=@,+-]+$/.test(word))) return sentence;
  return `${sentence} (podling node label ${record.hostname} ${words.join(" ")})`;
}

function relabel(constraint: Constraint, { hostname, labels }: NodeRecord): string {
  if (constraint.type === "node") return `drop the constraint ${formatConstraint(constraint)}`;
  const { key, operator } = constraint;
  if (operator === "exists") return `add the label ${key} to ${hostname}`;
  if (operator === "not-equals") return `take the label ${key}=${constraint.value} off ${hostname}`;
  if (Object.hasOwn(labels, key))
    return `change the label ${key} of ${hostname} from ${labels[key]} to ${constraint.value}`;
  return `add the label ${key}=${constraint.value} to ${hostname}`;
}

function unmetAll({ constraints }: Requirements, record: NodeRecord): Constraint[] {
  return constraints.filter((constraint) => unmet([constraint], record) !== null);
}
