// The filters: for one node, does it pass, by how much does it miss, and the sentence with the numbers.

import type { FilterName, FilterVerdict } from "../../model/explanation.ts";
import { filterNames } from "../../model/explanation.ts";
import { dampedSentence, type NodeRecord } from "../../model/node/node.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import type { Constraint } from "../../model/task/spec.ts";
import { type Demand, demandOf, isSteady, type NodeInfo, runsPlatform, unmet } from "./index/node-info.ts";

/** A spec with what it takes, worked out once for all nodes. */
export interface Wish {
  spec: Requirements;
  demand: Demand;
}

export function wishOf(spec: Requirements): Wish {
  return { spec, demand: demandOf(spec) };
}

interface Filter {
  passes(wish: Wish, slot: NodeInfo): boolean;
  /** For one that fails and is a matter of amount: cores, bytes, places. */
  missing?(wish: Wish, slot: NodeInfo): number;
  says(wish: Wish, slot: NodeInfo, passed: boolean): string;
}

const filters: Record<FilterName, Filter> = {
  online: {
    passes: (_, { record }) => record.status === "online",
    says: (_, { record }, passed) => `${record.hostname} is ${passed ? "online" : "offline"}`,
  },
  steady: {
    passes: (_, { record }) => isSteady(record),
    says: (_, { record }) => steadySentence(record),
  },
  engine: {
    passes: (_, { record }) => record.engineError === null,
    says: (_, { record }, passed) =>
      passed
        ? `the engine of ${record.hostname} answers`
        : `the engine of ${record.hostname} is away: ${record.engineError}`,
  },
  schedulable: {
    passes: (_, { record }) => record.schedulable,
    says: (_, { record }, passed) => `${record.hostname} is ${passed ? "not " : ""}cordoned`,
  },
  capacity: {
    passes: (_, { freeTasks }) => freeTasks > 0,
    missing: (_, { freeTasks }) => 1 - freeTasks,
    says: (_, { record, tasks }, passed) =>
      passed
        ? `${record.hostname} holds ${count(tasks, "task")} of ${record.capacity}`
        : `${record.hostname} is full: it holds ${count(tasks, "task")} of ${record.capacity}`,
  },
  cpu: {
    passes: ({ demand }, { freeCpuMillis }) => freeCpuMillis >= demand.cpuMillis,
    missing: ({ demand }, { cpuLeft }) => (demand.cpuMillis - cpuLeft) / 1000,
    says: ({ demand }, { record, freeCpuMillis }) => {
      const needs = `needs ${formatCpu(demand.cpuMillis / 1000)} cpu`;
      if (record.cpu === 0) return `${needs}, ${record.hostname} sets no limit`;
      return `${needs}, ${record.hostname} has ${formatCpu(freeCpuMillis / 1000)} free of ${formatCpu(record.cpu)}`;
    },
  },
  memory: {
    passes: ({ demand }, { freeMemoryBytes }) => freeMemoryBytes >= demand.memoryBytes,
    missing: ({ demand }, { memoryLeft }) => demand.memoryBytes - memoryLeft,
    says: ({ demand }, { record, freeMemoryBytes }) => {
      const needs = `needs ${formatMemory(demand.memoryBytes)}`;
      if (record.memory === 0) return `${needs}, ${record.hostname} sets no limit`;
      return `${needs}, ${record.hostname} has ${formatMemory(freeMemoryBytes)} free of ${formatMemory(record.memory)}`;
    },
  },
  "host-port": {
    passes: ({ demand }, slot) => demand.ports.length === 0 || slot.conflict(demand.ports) === null,
    says: ({ demand: { ports } }, slot, passed) => {
      const taken = passed ? null : slot.conflict(ports);
      if (taken) return `port ${taken.hostIp}:${taken.key} is taken on ${slot.record.hostname}`;
      if (ports.length === 0) return "asks for no fixed port";
      const names = ports.map(({ key }) => key).join(", ");
      return `${ports.length === 1 ? "port" : "ports"} ${names} free on ${slot.record.hostname}`;
    },
  },
  constraints: {
    passes: ({ spec }, { record }) => spec.constraints.length === 0 || unmet(spec.constraints, record) === null,
    says: ({ spec: { constraints } }, { record }, passed) => {
      const broken = passed ? null : unmet(constraints, record);
      if (broken) return `wants ${formatConstraint(broken)}, ${record.hostname} ${whatItHas(broken, record.labels)}`;
      if (constraints.length === 0) return "asks for nothing in particular";
      return `${record.hostname} meets ${constraints.map(formatConstraint).join(", ")}`;
    },
  },
  platform: {
    passes: ({ spec }, { record }) => runsPlatform(spec.platform, record),
    says: ({ spec }, { record }) => {
      const { engine, hostname } = record;
      const has = engine === null ? "has not said what it runs" : `runs ${engine.os}/${engine.arch}`;
      return `${spec.platform === null ? "any platform" : `needs ${spec.platform}`}, ${hostname} ${has}`;
    },
  },
};

const rows = filterNames.map((name) => [name, filters[name]] as const);

/** One filter's verdict with its sentence. */
export function verdictOf(name: FilterName, wish: Wish, slot: NodeInfo): FilterVerdict {
  const filter = filters[name];
  const passed = filter.passes(wish, slot);
  const missing = passed ? 0 : (filter.missing?.(wish, slot) ?? 0);
  return { filter: name, passed, message: filter.says(wish, slot, passed), missing };
}

/** Every filter's verdict, in their order. */
export function evaluate(wish: Wish, slot: NodeInfo): FilterVerdict[] {
  return rows.map(([name]) => verdictOf(name, wish, slot));
}

/** Null where it passes; else by how much it misses, 0 where that is no matter of amount. Without a sentence. */
export function shortfall(name: FilterName, wish: Wish, slot: NodeInfo): number | null {
  const filter = filters[name];
  return filter.passes(wish, slot) ? null : (filter.missing?.(wish, slot) ?? 0);
}

/** As people write it: "disk==ssd", "label gpu", "node!=n1". */
export function formatConstraint(constraint: Constraint): string {
  const subject = constraint.type === "node" ? "node" : constraint.key;
  if (constraint.operator === "exists") return `label ${subject}`;
  return `${subject}${constraint.operator === "equals" ? "==" : "!="}${constraint.value}`;
}

function steadySentence(record: NodeRecord): string {
  const { hostname, suspect } = record;
  if (suspect) return `${hostname} is suspect: ${suspect.message}`;
  const damped = dampedSentence(record);
  return damped === null ? `${hostname} is heard as it should be` : `${hostname} ${damped}`;
}

function whatItHas(constraint: Constraint, labels: Readonly<Record<string, string>>): string {
  if (constraint.type === "node") return constraint.operator === "equals" ? "is another" : "is that one";
  return Object.hasOwn(labels, constraint.key)
    ? `has ${constraint.key}=${labels[constraint.key]}`
    : "has no such label";
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
