// The filters in sentences: for one node, each filter's verdict with its numbers.

import type { FilterVerdict } from "../../model/explanation.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import type { Constraint, TaskSpec } from "../../model/task.ts";
import { demandOf, runsPlatform, type Slot, unmet } from "./slot.ts";

type Filter = (spec: TaskSpec, slot: Slot) => [passed: boolean, message: string, missing?: number];

const filters: Record<FilterVerdict["filter"], Filter> = {
  online: (_, { record }) => {
    const online = record.status === "online";
    return [online, online ? `${record.hostname} is online` : `${record.hostname} is offline`];
  },
  engine: (_, { record }) => {
    const { engineError, hostname } = record;
    return [
      engineError === null,
      engineError === null ? "its engine answers" : `the engine of ${hostname} is away: ${engineError}`,
    ];
  },
  schedulable: (_, { record }) => {
    const { schedulable, hostname } = record;
    return [schedulable, schedulable ? "not cordoned" : `${hostname} is cordoned`];
  },
  capacity: (_, { record, tasks, freeTasks }) => [
    freeTasks > 0,
    `${record.hostname} has ${Math.max(0, freeTasks)} of ${record.capacity} places free${freeTasks > 0 ? "" : `: it holds ${tasks} tasks`}`,
    1 - freeTasks,
  ],
  cpu: (spec, slot) => {
    const { cpuMillis } = demandOf(spec);
    const needs = `needs ${formatCpu(cpuMillis / 1000)} cpu`;
    if (slot.record.cpu === 0) return [true, `${needs}, ${slot.record.hostname} sets no limit`];
    const has = `${slot.record.hostname} has ${formatCpu(slot.freeCpuMillis / 1000)} free of ${formatCpu(slot.record.cpu)}`;
    return [slot.freeCpuMillis >= cpuMillis, `${needs}, ${has}`, (cpuMillis - slot.freeCpuMillis) / 1000];
  },
  memory: (spec, slot) => {
    const { memoryBytes } = demandOf(spec);
    const needs = `needs ${formatMemory(memoryBytes)}`;
    if (slot.record.memory === 0) return [true, `${needs}, ${slot.record.hostname} sets no limit`];
    const has = `${slot.record.hostname} has ${formatMemory(slot.freeMemoryBytes)} free of ${formatMemory(slot.record.memory)}`;
    return [slot.freeMemoryBytes >= memoryBytes, `${needs}, ${has}`, memoryBytes - slot.freeMemoryBytes];
  },
  "host-port": (spec, slot) => {
    const { ports } = demandOf(spec);
    const taken = slot.conflict(ports);
    if (taken) return [false, `port ${taken.hostIp}:${taken.key} is taken on ${slot.record.hostname}`];
    const free = `${ports.length === 1 ? "port" : "ports"} ${ports.map(({ key }) => key).join(", ")} free`;
    return [true, ports.length === 0 ? "asks for no fixed port" : free];
  },
  constraints: (spec, { record }) => {
    const broken = unmet(spec.constraints, record);
    if (broken)
      return [false, `wants ${formatConstraint(broken)}, ${record.hostname} ${whatItHas(broken, record.labels)}`];
    const { length } = spec.constraints;
    return [
      true,
      length === 0
        ? "asks for nothing in particular"
        : `meets ${length === 1 ? "its constraint" : `all ${length} constraints`}`,
    ];
  },
  platform: (spec, { record }) => {
    const has = record.engine === null ? "has not said what it runs" : `runs ${record.engine.os}/${record.engine.arch}`;
    if (spec.platform === null) return [true, `any platform, ${record.hostname} ${has}`];
    return [runsPlatform(spec.platform, record), `needs ${spec.platform}, ${record.hostname} ${has}`];
  },
};

const filterEntries = Object.entries(filters) as [FilterVerdict["filter"], Filter][];

export function judge(spec: TaskSpec, slot: Slot): FilterVerdict[] {
  return filterEntries.map(([filter, check]) => {
    const [passed, message, missing = 0] = check(spec, slot);
    return { filter, passed, message, missing: passed ? 0 : missing };
  });
}

export function formatConstraint(constraint: Constraint): string {
  const subject = constraint.type === "node" ? "node" : constraint.key;
  if (constraint.operator === "exists") return `label ${subject}`;
  return `${subject}${constraint.operator === "equals" ? "==" : "!="}${constraint.value}`;
}

function whatItHas(constraint: Constraint, labels: Readonly<Record<string, string>>): string {
  if (constraint.type === "node") return constraint.operator === "equals" ? "is another" : "is that one";
  return Object.hasOwn(labels, constraint.key)
    ? `has ${constraint.key}=${labels[constraint.key]}`
    : "has no such label";
}
