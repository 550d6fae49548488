// What a template says about its place beside constraints: rules that a node must keep (maxPerNode, near, apart), which depend
// on the tasks that are there, and an order of the nodes that fit (spread, prefer).

import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import type { PlacementRules } from "../../model/task/spec.ts";
import type { GroupIndex } from "./index/group-index.ts";

/** True when some rule, of the task or of tasks that are placed, could refuse a node. */
export function isRuled({ rules, group }: Requirements, groups: GroupIndex): boolean {
  return (rules !== null && hasHardRules(rules)) || (group !== null && groups.isRepelled(group));
}

function hasHardRules({ maxPerNode, near, apart }: PlacementRules): boolean {
  return maxPerNode !== undefined || near !== undefined || apart !== undefined;
}

export function keepsRules(requirements: Requirements, nodeId: NodeId, groups: GroupIndex): boolean {
  return (
    !isAtMaximum(requirements, nodeId, groups) &&
    missingNeighbour(requirements, nodeId, groups) === null &&
    unwantedNeighbour(requirements, nodeId, groups) === null
  );
}

/** True when the node has as many of these tasks as it may have. */
export function isAtMaximum({ rules, group }: Requirements, nodeId: NodeId, groups: GroupIndex): boolean {
  const most = rules?.maxPerNode;
  return most !== undefined && group !== null && groups.placedOn(group, nodeId) >= most;
}

/** A service that the task must be near, and that has no replica on the node; null if there is none. */
export function missingNeighbour({ rules }: Requirements, nodeId: NodeId, groups: GroupIndex): string | null {
  return rules?.near?.find((service) => groups.placedOn(service, nodeId) === 0) ?? null;
}

export interface UnwantedNeighbour {
  /** The service on the node; null for one that is to be apart from the task. */
  service: string | null;
}

export function unwantedNeighbour(
  { rules, group }: Requirements,
  nodeId: NodeId,
  groups: GroupIndex,
): UnwantedNeighbour | null {
  const service = rules?.apart?.find((name) => groups.placedOn(name, nodeId) > 0);
  if (service !== undefined) return { service };
  return group !== null && groups.isRepelledOn(group, nodeId) ? { service: null } : null;
}

/** An order of nodes by what a template prefers: compares before the strategy does. */
export interface Preferences {
  /** Negative when the left node comes first. */
  compare(left: NodeRecord, right: NodeRecord): number;
  /** "1 of web in zone=a, disk=ssd preferred" */
  message(node: NodeRecord): string;
}

/** Null for a task that prefers nothing. `recordOf`: of the nodes that tasks are placed on. */
export function preferencesOf(
  { rules, group }: Requirements,
  groups: GroupIndex,
  recordOf: (nodeId: NodeId) => NodeRecord,
): Preferences | null {
  const { spread = [], prefer = [] } = rules ?? {};
  if (spread.length === 0 && prefer.length === 0) return null;
  const placed = spread.length === 0 || group === null ? [] : [...groups.placed(group)];
  const levels = spread.map((_, depth) => {
    const labels = spread.slice(0, depth + 1);
    const counts = new Map<string, number>();
    for (const [nodeId, count] of placed) {
      const value = valuesOf(recordOf(nodeId), labels);
      counts.set(value, (counts.get(value) ?? 0) + count);
    }
    return (node: NodeRecord) => counts.get(valuesOf(node, labels)) ?? 0;
  });
  return {
    compare(left, right) {
      for (const count of levels) {
        const difference = count(left) - count(right);
        if (difference !== 0) return difference;
      }
      return weightOf(right, prefer) - weightOf(left, prefer);
    },
    message(node) {
      const spreadText = spread.map((key, depth) => {
        const value = labelOf(node.labels, key);
        return `${levels[depth]!(node)} ${value === undefined ? `without the label ${key}` : `in ${key}=${value}`}`;
      });
      const met = prefer.filter(({ key, value }) => labelOf(node.labels, key) === value);
      const preferText = met.map(({ key, value, weight }) => `${key}=${value} ${weight < 0 ? "avoided" : "preferred"}`);
      const parts = [...spreadText, ...preferText];
      return parts.length === 0 ? "nothing preferred" : parts.join(", ");
    },
  };
}

/** The sum of the preferred labels that the node has. */
export function weightOf({ labels }: NodeRecord, prefer: NonNullable<PlacementRules["prefer"]>): number {
  return prefer.reduce((sum, { key, value, weight }) => sum + (labelOf(labels, key) === value ? weight : 0), 0);
}

export function valuesOf({ labels }: NodeRecord, keys: readonly string[]): string {
  // Nodes without the label are a value of their own.
  return keys.length === 1
    ? JSON.stringify(labelOf(labels, keys[0]!) ?? null)
    : JSON.stringify(keys.map((key) => labelOf(labels, key) ?? null));
}

function labelOf(labels: NodeRecord["labels"], key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
