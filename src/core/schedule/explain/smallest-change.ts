// The least that a person could do to make a task fit: on the node that fails least, what each failed filter asks for.

import type { FilterName, FilterVerdict, NodeVerdict } from "../../../model/explanation.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import { formatCpu, formatMemory } from "../../../model/quantity.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import type { Constraint } from "../../../model/task/spec.ts";
import { count, formatConstraint } from "../filters.ts";
import { demandOf, unmet } from "../index/node-info.ts";

/** Roughly how much each asks of a person. Below a step, amounts decide: the node that lacks least. */
const effort: Record<FilterName, number> = {
  steady: 0.5,
  schedulable: 1,
  capacity: 2,
  "host-port": 3,
  memory: 4,
  cpu: 4,
  constraints: 6,
  engine: 8,
  online: 9,
  platform: 30,
};
/** No freeing helps: even empty, the node is too small, or it is another than the one that is asked for by name. */
const never = 1000;

type RecordOf = (nodeId: NodeId) => NodeRecord | undefined;

/**
 * Null where the task fits already. `recordOf` gives what the verdicts do not hold: the nodes' sizes and labels; without
 * it, the sentence is less exact, and cannot tell a node that is full from one that is too small.
 */
export function smallestChange(
  verdicts: readonly NodeVerdict[],
  spec: Requirements,
  recordOf: RecordOf = () => undefined,
): string | null {
  if (verdicts.length === 0) return "start a worker: podling worker --master URL";
  let best: { node: NodeVerdict; failed: FilterVerdict[]; cost: number } | null = null;
  for (const node of verdicts) {
    if (node.fits) return null;
    const failed = node.filters.filter(({ passed }) => !passed);
    const record = recordOf(node.nodeId);
    const cost = failed.reduce((sum, verdict) => sum + costOf(verdict, spec, record), 0);
    if (best === null || cost < best.cost) best = { node, failed, cost };
  }
  const { node, failed, cost } = best!;
  const record = recordOf(node.nodeId);
  if (cost >= never) return whyNever(verdicts, spec, recordOf);
  if (failed.some(({ filter }) => filter === "platform")) return `add a node that runs ${spec.platform}`;
  return failed.map((verdict) => remedy(verdict, node.hostname, spec, record)).join(", and ");
}

function costOf({ filter, missing }: FilterVerdict, spec: Requirements, record: NodeRecord | undefined): number {
  if (filter === "cpu" || filter === "memory") {
    const { cpuMillis, memoryBytes } = demandOf(spec);
    const needs = filter === "cpu" ? cpuMillis / 1000 : memoryBytes;
    if (record && needs > record[filter]) return never;
    return effort[filter] + Math.min(0.99, missing / needs);
  }
  if (filter === "capacity") return record?.capacity === 0 ? never : effort.capacity + Math.min(0.99, missing / 10_000);
  if (filter !== "constraints" || !record) return effort[filter];
  const broken = unmetAll(spec, record);
  return broken.some(({ type }) => type === "node") ? never : effort.constraints * broken.length;
}

/** Where no node could hold it, however empty. */
function whyNever(verdicts: readonly NodeVerdict[], spec: Requirements, recordOf: RecordOf): string {
  const records = verdicts.flatMap(({ nodeId }) => recordOf(nodeId) ?? []);
  const { cpuMillis, memoryBytes } = demandOf(spec);
  const largest = (of: "cpu" | "memory") =>
    Math.max(...records.map((record) => (record[of] === 0 ? Number.POSITIVE_INFINITY : record[of])));
  const advice = "lower the request or add a node";
  if (memoryBytes > largest("memory")) {
    return `no node can: the largest has ${formatMemory(largest("memory"))} of memory, ${advice}`;
  }
  if (cpuMillis > largest("cpu") * 1000)
    return `no node can: the largest has ${formatCpu(largest("cpu"))} cpu, ${advice}`;
  const both = `${formatCpu(cpuMillis / 1000)} cpu and ${formatMemory(memoryBytes)} of memory`;
  for (const constraint of spec.constraints) {
    if (constraint.type !== "node") continue;
    const drop = `drop the constraint ${formatConstraint(constraint)}`;
    if (constraint.operator === "not-equals") return `add a node, or ${drop}`;
    const there = records.some(({ hostname, nodeId }) => hostname === constraint.value || nodeId === constraint.value);
    if (!there) return `register a node named ${constraint.value}, or ${drop}`;
    return `${constraint.value} cannot: it is too small for ${both}, lower the request or ${drop}`;
  }
  return `no node can: none has both ${both}, ${advice}`;
}

function remedy(
  { filter, missing, message }: FilterVerdict,
  hostname: string,
  spec: Requirements,
  record: NodeRecord | undefined,
): string {
  switch (filter) {
    case "steady":
      return waitFor(hostname, record);
    case "schedulable":
      return `uncordon ${hostname}`;
    case "capacity": {
      const tasks = missing === 1 ? "one task" : count(missing, "task");
      return `stop ${tasks} on ${hostname}, or raise its capacity${record ? ` above ${record.capacity + missing - 1}` : ""}`;
    }
    case "cpu":
      return `free ${formatCpu(missing)} cpu on ${hostname}, or ask for that much less`;
    case "memory":
      return `free ${formatMemory(missing)} of memory on ${hostname}, or ask for that much less`;
    case "host-port":
      return freePort(message, hostname, spec);
    case "constraints":
      if (!record) return `change the labels of ${hostname} or the constraint (${message})`;
      return unmetAll(spec, record)
        .map((constraint) => relabel(constraint, record))
        .join(", and ");
    case "engine":
      return record?.engineError
        ? `mend the engine of ${hostname}: ${record.engineError}`
        : `mend the engine of ${hostname}`;
    case "online":
      return `bring ${hostname} back online`;
    case "platform":
      return `use an image for the platform of ${hostname}`;
  }
}

/** Time alone helps; with a damped node a person can be quicker. */
function waitFor(hostname: string, record: NodeRecord | undefined): string {
  const until = record?.flapping?.steadyUntil;
  if (record?.suspect || !until) return `wait until ${hostname} is heard again`;
  return `wait until ${until.slice(11, 19)} UTC, when ${hostname} has been steady, or uncordon it`;
}

function freePort(message: string, hostname: string, spec: Requirements): string {
  const { ports } = demandOf(spec);
  const what = ports.length === 1 ? `port ${ports[0]!.key} on ${hostname}` : `the port on ${hostname} (${message})`;
  return `free ${what}, or let a port be chosen`;
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
