// Why a task fits no node, in one sentence with counts: from the verdicts of all nodes, or from the nodes themselves. Both
// give the same sentence, and the second computes no verdict of a node that it does not name.

import type { FilterName, FilterVerdict, NodeVerdict } from "../../../model/explanation.ts";
import { formatCpu, formatMemory } from "../../../model/quantity.ts";
import type { Reason } from "../../../model/task/reason.ts";
import { groupName, type PlacementRequest, shortfall, verdictOf } from "../filters.ts";
import type { NodeInfo } from "../index/node-info.ts";

/** A node that fails several filters counts under the first of these: the cause that lasts longest comes first. */
const causeOrder: readonly FilterName[] = [
  "online",
  "volume",
  "platform",
  "constraints",
  "features",
  "policy",
  "engine",
  "schedulable",
  "draining",
  "steady",
  "near",
  "apart",
  "max-per-node",
  "capacity",
  "cpu",
  "memory",
  "host-port",
  "volume-in-use",
];

interface Group {
  filter: FilterName;
  count: number;
  /** The verdict of the node that lacks least, the first among equals. */
  least: FilterVerdict;
}

/** Counts the verdicts. */
export function groupVerdicts(verdicts: readonly NodeVerdict[]): Map<FilterName, Group> {
  const groups = new Map<FilterName, Group>();
  for (const { fits, filters } of verdicts) {
    if (fits) continue;
    for (const filter of causeOrder) {
      const verdict = filters.find((one) => one.filter === filter);
      if (!verdict || verdict.passed) continue;
      const group = groups.get(filter);
      if (!group) groups.set(filter, { filter, count: 1, least: verdict });
      else {
        group.count++;
        if (verdict.missing < group.least.missing) group.least = verdict;
      }
      break;
    }
  }
  return groups;
}

/** Counts the nodes; computes one sentence for each filter that fails. */
function groupNodes(request: PlacementRequest, nodes: readonly NodeInfo[]): Map<FilterName, Group> {
  const tallies = new Map<FilterName, { count: number; missing: number; node: NodeInfo }>();
  for (const node of nodes) {
    for (const filter of causeOrder) {
      const missing = shortfall(filter, request, node);
      if (missing === null) continue;
      const tally = tallies.get(filter);
      if (!tally) tallies.set(filter, { count: 1, missing, node });
      else {
        tally.count++;
        if (missing < tally.missing) {
          tally.missing = missing;
          tally.node = node;
        }
      }
      break;
    }
  }
  const groups = new Map<FilterName, Group>();
  for (const [filter, { count, node }] of tallies) {
    groups.set(filter, { filter, count, least: verdictOf(filter, request, node) });
  }
  return groups;
}

export function describeFailure(request: PlacementRequest, nodes: readonly NodeInfo[]): Reason {
  return describeGroups(groupNodes(request, nodes), nodes.length, request);
}

/** For a task that is bound to a node: what that node lacks. The others are no choice. */
export function describeOwn(request: PlacementRequest, node: NodeInfo): string {
  const failed = causeOrder.find((filter) => shortfall(filter, request, node) !== null);
  return ownSentence(failed ? verdictOf(failed, request, node).message : null);
}

export function describeOwnVerdict({ filters }: NodeVerdict): string {
  const failed = causeOrder.flatMap((name) => filters.filter(({ filter, passed }) => filter === name && !passed))[0];
  return ownSentence(failed?.message ?? null);
}

function ownSentence(message: string | null): string {
  return message === null ? "its node fits" : `its node does not fit: ${message}`;
}

export function describeGroups(
  groups: ReadonlyMap<FilterName, Group>,
  nodes: number,
  request: PlacementRequest,
): Reason {
  if (nodes === 0) return { code: "no-nodes", message: "no node has registered" };
  const sorted = causeOrder.flatMap((filter) => groups.get(filter) ?? []).sort((a, b) => b.count - a.count);
  const failing = sorted.reduce((sum, { count }) => sum + count, 0);
  if (groups.get("online")?.count === nodes) {
    return { code: "no-nodes", message: nodes === 1 ? "the only node is offline" : `all ${nodes} nodes are offline` };
  }
  const parts = sorted.map((group) => describeGroup(group, request)).join(", ");
  const fitting = `${nodes - failing} of ${nodes} ${nodes === 1 ? "node fits" : "nodes fit"}`;
  return { code: "no-node-fits", message: parts === "" ? fitting : `${fitting}: ${parts}` };
}

function describeGroup({ filter, count, least }: Group, { requirements, demand }: PlacementRequest): string {
  const is = `${count} ${count === 1 ? "is" : "are"}`;
  const lacks = `${count} ${count === 1 ? "lacks" : "lack"}`;
  const best = count === 1 ? "it has" : "the best has";
  switch (filter) {
    case "online":
      return `${is} offline`;
    case "steady":
      return `${count} not reachable (${least.message})`;
    case "engine":
      return `${count} without a working engine (${least.message})`;
    case "schedulable":
      return `${is} cordoned`;
    case "draining":
      return `${is} being drained`;
    case "capacity":
      return `${is} full (${least.message})`;
    case "cpu": {
      const needs = demand.cpuMillis / 1000;
      return `${lacks} cpu (needs ${formatCpu(needs)}, ${best} ${formatCpu(Math.max(0, needs - least.missing))} free)`;
    }
    case "memory": {
      const free = Math.max(0, demand.memoryBytes - least.missing);
      return `${lacks} memory (needs ${formatMemory(demand.memoryBytes)}, ${best} ${formatMemory(free)} free)`;
    }
    case "host-port":
      return `${count} with the port taken (${least.message})`;
    case "constraints":
      return `${count} ${count === 1 ? "does" : "do"} not match the constraints (${least.message})`;
    case "platform":
      return `${is} of another platform (needs ${requirements.platform})`;
    case "features":
      return `${count} with an older worker (${least.message})`;
    case "volume":
      return `${count} without its volume (${least.message})`;
    case "volume-in-use":
      return `${count} with its volume in use (${least.message})`;
    case "policy":
      return `${count} ${count === 1 ? "forbids" : "forbid"} it (${least.message})`;
    case "max-per-node": {
      const { maxPerNode } = requirements.rules ?? {};
      const have = count === 1 ? "1 node already has" : `${count} nodes already have`;
      return `${have} ${maxPerNode} of ${groupName(requirements)}, which is the maximum`;
    }
    case "near":
      return `${count} without what it must be near (${least.message})`;
    case "apart":
      return `${count} with what it must be apart from (${least.message})`;
  }
}
