// The filters. For a task and a node, each says whether the node passes, what it lacks, and why in a sentence with numbers.

import type { FilterName, FilterVerdict } from "../../model/explanation.ts";
import { filterNames } from "../../model/explanation.ts";
import { dampedSentence, type NodeRecord } from "../../model/node/node.ts";
import { breachOf } from "../../model/node/policy.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import type { Constraint } from "../../model/task/spec.ts";
import { type Demand, demandOf, missingFeatures, type NodeInfo, platformName, unmet } from "./index/node-info.ts";
import type { VolumeSituation } from "./index/volume-book.ts";
import { isAtMaximum, missingNeighbour, unwantedNeighbour } from "./rules.ts";

/** What a task requires and what it takes, computed once for all nodes. */
export interface PlacementRequest {
  requirements: Requirements;
  demand: Demand;
  /** Its named volumes as they are now. */
  volumes: readonly VolumeSituation[];
}

export function requestOf(requirements: Requirements, volumes: readonly VolumeSituation[] = []): PlacementRequest {
  return { requirements, demand: demandOf(requirements), volumes };
}

interface Filter {
  passes(request: PlacementRequest, node: NodeInfo): boolean;
  /** For a node that fails by an amount: the cores, bytes or task slots that it lacks. */
  missing?(request: PlacementRequest, node: NodeInfo): number;
  message(request: PlacementRequest, node: NodeInfo, passed: boolean): string;
}

const filters: Record<FilterName, Filter> = {
  online: {
    passes: (_, { record }) => record.status === "online",
    message: (_, { record }, passed) => `${record.hostname} is ${passed ? "online" : "offline"}`,
  },
  steady: {
    passes: (_, { record }) => record.suspect === null,
    message: (_, { record }) => steadySentence(record),
  },
  engine: {
    passes: (_, { record }) => record.engineError === null,
    message: (_, { record }, passed) =>
      passed ? `the engine of ${record.hostname} answers` : engineSentence(record.hostname, record.engineError),
  },
  schedulable: {
    passes: (_, { record }) => record.schedulable,
    message: (_, { record }, passed) => `${record.hostname} is ${passed ? "not " : ""}cordoned`,
  },
  draining: {
    passes: (_, { record }) => record.draining === null,
    message: (_, { record: { hostname, draining } }) =>
      draining === null
        ? `${hostname} is not being drained`
        : `${hostname} is being drained since ${draining.since.slice(11, 19)} UTC`,
  },
  capacity: {
    passes: (_, { freeTasks }) => freeTasks > 0,
    missing: (_, { freeTasks }) => 1 - freeTasks,
    message: (_, { record, tasks }) => `${record.hostname} has ${tasks} of ${record.capacity} tasks`,
  },
  cpu: {
    passes: ({ demand }, { freeCpuMillis }) => freeCpuMillis >= demand.cpuMillis,
    missing: ({ demand }, { cpuLeft }) => (demand.cpuMillis - cpuLeft) / 1000,
    message: ({ demand }, { record, freeCpuMillis }) => {
      const needs = `needs ${formatCpu(demand.cpuMillis / 1000)} cpu`;
      if (record.cpu === 0) return `${needs}, ${record.hostname} sets no limit`;
      return `${needs}, ${record.hostname} has ${formatCpu(freeCpuMillis / 1000)} free of ${formatCpu(record.cpu)}`;
    },
  },
  memory: {
    passes: ({ demand }, { freeMemoryBytes }) => freeMemoryBytes >= demand.memoryBytes,
    missing: ({ demand }, { memoryLeft }) => demand.memoryBytes - memoryLeft,
    message: ({ demand }, { record, freeMemoryBytes }) => {
      const needs = `needs ${formatMemory(demand.memoryBytes)}`;
      if (record.memory === 0) return `${needs}, ${record.hostname} sets no limit`;
      return `${needs}, ${record.hostname} has ${formatMemory(freeMemoryBytes)} free of ${formatMemory(record.memory)}`;
    },
  },
  "host-port": {
    passes: ({ demand }, node) => demand.ports.length === 0 || node.conflict(demand.ports) === null,
    message: ({ demand: { ports } }, node, passed) => {
      const taken = passed ? null : node.conflict(ports);
      if (taken) return `port ${taken.hostIp}:${taken.key} is taken on ${node.record.hostname}`;
      if (ports.length === 0) return "no fixed port";
      const names = ports.map(({ key }) => key).join(", ");
      return `${ports.length === 1 ? "port" : "ports"} ${names} free on ${node.record.hostname}`;
    },
  },
  constraints: {
    passes: ({ requirements }, { record }) =>
      requirements.constraints.length === 0 || unmet(requirements.constraints, record) === null,
    message: ({ requirements: { constraints } }, { record }, passed) => {
      const broken = passed ? null : unmet(constraints, record);
      if (broken) return `needs ${formatConstraint(broken)}, ${whatNodeHas(broken, record)}`;
      if (constraints.length === 0) return "no constraints";
      return `${record.hostname} meets ${constraints.map(formatConstraint).join(", ")}`;
    },
  },
  platform: {
    passes: ({ requirements: { platform } }, node) => platform === null || platformName(platform) === node.platform,
    message: ({ requirements }, { record }) => {
      const { engine, hostname } = record;
      const has = engine === null ? "has not reported its platform" : `runs ${engine.os}/${engine.arch}`;
      return `${requirements.platform === null ? "any platform" : `needs ${requirements.platform}`}, ${hostname} ${has}`;
    },
  },
  features: {
    passes: ({ requirements: { needs } }, { record }) => missingFeatures(needs, record).length === 0,
    message: ({ requirements: { needs } }, { record }, passed) => {
      const { hostname, version } = record;
      const missing = missingFeatures(needs, record).join(", ");
      if (!passed) return `the worker of ${hostname} (version ${version || "unknown"}) does not know ${missing}`;
      return needs === null || needs.features.length === 0
        ? "no options that an older worker does not know"
        : `the worker of ${hostname} knows ${needs.features.join(", ")}`;
    },
  },
  policy: {
    passes: ({ requirements: { needs } }, { record: { policy } }) => breachOf(policy, needs) === null,
    message: ({ requirements: { needs } }, { record: { hostname, policy } }) => {
      const breach = breachOf(policy, needs);
      if (breach) return `${hostname} ${breach.message}`;
      return policy === null ? `${hostname} has no policy` : `the policy of ${hostname} allows it`;
    },
  },
  volume: {
    passes: ({ volumes }, node) => volumes.length === 0 || elsewhere(volumes, node) === null,
    message: ({ volumes }, node) => {
      if (volumes.length === 0) return "no named volume";
      const away = elsewhere(volumes, node);
      if (away) return volumes.length === 1 ? away.place : `${away.place} (volume ${away.name})`;
      const names = volumes.map(({ name }) => name).join(", ");
      const isHere = volumes.some(({ hasData }) => hasData);
      return `${volumes.length === 1 ? "volume" : "volumes"} ${names}: ${isHere ? "the data is here" : "no data yet"}`;
    },
  },
  "volume-in-use": {
    passes: ({ volumes }) => volumes.every(({ taken }) => taken === null),
    message: ({ volumes }) => {
      if (volumes.length === 0) return "no named volume";
      const busy = volumes.find(({ taken }) => taken !== null);
      return busy ? `volume ${busy.name}: ${busy.taken}` : "no other task is in the way";
    },
  },
  "max-per-node": {
    passes: ({ requirements }, { record, groups }) => !isAtMaximum(requirements, record.nodeId, groups),
    message: ({ requirements }, { record, groups }, passed) => {
      const { rules, group } = requirements;
      if (rules?.maxPerNode === undefined) return "any number on a node";
      const has = `${record.hostname} has ${groups.placedOn(group!, record.nodeId)} of ${groupName(requirements)}`;
      return passed ? `${has}, and may have ${rules.maxPerNode}` : `${has}, and the maximum is ${rules.maxPerNode}`;
    },
  },
  near: {
    passes: ({ requirements }, { record, groups }) => missingNeighbour(requirements, record.nodeId, groups) === null,
    message: ({ requirements }, { record, groups }) => {
      const missing = missingNeighbour(requirements, record.nodeId, groups);
      if (missing !== null) return `${record.hostname} runs nothing of ${missing}`;
      const { near } = requirements.rules ?? {};
      return near === undefined ? "near no service" : `${record.hostname} runs ${near.join(", ")}`;
    },
  },
  apart: {
    passes: ({ requirements }, { record, groups }) => unwantedNeighbour(requirements, record.nodeId, groups) === null,
    message: ({ requirements }, { record: { nodeId, hostname }, groups }) => {
      const unwanted = unwantedNeighbour(requirements, nodeId, groups);
      if (unwanted?.service === null) return `${hostname} runs a task that is to be apart from ${requirements.group}`;
      if (unwanted) return `${hostname} runs ${unwanted.service}, from which it is to be apart`;
      const { apart } = requirements.rules ?? {};
      return apart === undefined ? "apart from no service" : `${hostname} runs nothing of ${apart.join(", ")}`;
    },
  },
};

/** The first volume whose data is on another node; null if there is none. */
function elsewhere(volumes: readonly VolumeSituation[], { record }: NodeInfo): VolumeSituation | null {
  return volumes.find(({ nodeId }) => nodeId !== null && nodeId !== record.nodeId) ?? null;
}

/** The service, or what tasks of their own are counted with. */
export function groupName({ group }: Pick<Requirements, "group">): string {
  return group === null || group.startsWith("{") ? "this template" : group;
}

const rows = filterNames.map((name) => [name, filters[name]] as const);

/** One filter's verdict with its sentence. */
export function verdictOf(name: FilterName, request: PlacementRequest, node: NodeInfo): FilterVerdict {
  const filter = filters[name];
  const passed = filter.passes(request, node);
  const missing = passed ? 0 : (filter.missing?.(request, node) ?? 0);
  return { filter: name, passed, message: filter.message(request, node, passed), missing };
}

/** The verdicts of all filters, in their order. */
export function evaluate(request: PlacementRequest, node: NodeInfo): FilterVerdict[] {
  return rows.map(([name]) => verdictOf(name, request, node));
}

/** Null if the node passes; else the amount that it lacks, 0 if the filter has no amount. Computes no sentence. */
export function shortfall(name: FilterName, request: PlacementRequest, node: NodeInfo): number | null {
  const filter = filters[name];
  return filter.passes(request, node) ? null : (filter.missing?.(request, node) ?? 0);
}

/** As in the flag --constraint: "disk==ssd", "label gpu", "node!=n1". */
export function formatConstraint(constraint: Constraint): string {
  const subject = constraint.type === "node" ? "node" : constraint.key;
  if (constraint.operator === "exists") return `label ${subject}`;
  return `${subject}${constraint.operator === "equals" ? "==" : "!="}${constraint.value}`;
}

function steadySentence(record: NodeRecord): string {
  const { hostname, suspect } = record;
  if (suspect) return `${hostname} is suspect: ${suspect.message}`;
  const damped = dampedSentence(record);
  return damped === null ? `${hostname} is not suspect` : `${hostname} ${damped}`;
}

/** What a worker says of its engine names the engine already: "on n1: the engine at unix:///... does not answer: ...". */
function engineSentence(hostname: string, error: string | null): string {
  return /^(the engine|no rights for the engine) /.test(error ?? "")
    ? `on ${hostname}: ${error}`
    : `the engine of ${hostname} does not answer: ${error}`;
}

function whatNodeHas(constraint: Constraint, { hostname, labels }: NodeRecord): string {
  if (constraint.type === "node") return `this is ${hostname}`;
  return Object.hasOwn(labels, constraint.key)
    ? `${hostname} has ${constraint.key}=${labels[constraint.key]}`
    : `${hostname} has no such label`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
