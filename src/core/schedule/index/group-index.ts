// How many tasks of each group are placed on which node: the tasks of a service, and those of one template with rules. Rules
// that compare a task with others (rules.ts) read these counts.

import { assert } from "../../../lib/assert.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { Requirements } from "../../../model/task/requirements.ts";

type Counts = Map<NodeId, number>;

interface ValueCounts {
  nodeValue: (nodeId: NodeId) => string;
  counts: Map<string, number>;
}

const nothing: ReadonlyMap<string, number> = new Map();
const nowhere: ReadonlyMap<NodeId, number> = new Map();

export class GroupIndex {
  readonly #placed = new Map<string, Counts>();
  /** By group: where tasks are placed that are to be apart from it. */
  readonly #repelled = new Map<string, Counts>();

  /** By group, then by labels: how many of its tasks are placed on nodes with each value. Kept for those that were asked for. */
  readonly #byValue = new Map<string, Map<string, ValueCounts>>();

  /** The number of its tasks by value, without those that have none. `nodeValue`: must not change before `dropValueCounts`. */
  byValue(group: string, labels: string, nodeValue: (nodeId: NodeId) => string): ReadonlyMap<string, number> {
    if (!this.#placed.has(group)) return nothing;
    const ofGroup = this.#byValue.get(group) ?? new Map<string, ValueCounts>();
    this.#byValue.set(group, ofGroup);
    let known = ofGroup.get(labels);
    if (!known) {
      known = { nodeValue, counts: new Map() };
      ofGroup.set(labels, known);
      for (const [nodeId, count] of this.placed(group)) changeBy(known, nodeId, count);
    }
    return known.counts;
  }

  /** The labels of a node changed. */
  dropValueCounts(): void {
    this.#byValue.clear();
  }

  /** The number of its tasks by node, without nodes that have none. */
  placed(group: string): ReadonlyMap<NodeId, number> {
    return this.#placed.get(group) ?? nowhere;
  }

  placedOn(group: string, nodeId: NodeId): number {
    return this.#placed.get(group)?.get(nodeId) ?? 0;
  }

  /** True when some placed task is to be apart from the group. */
  isRepelled(group: string): boolean {
    return this.#repelled.has(group);
  }

  isRepelledOn(group: string, nodeId: NodeId): boolean {
    return this.#repelled.get(group)?.has(nodeId) ?? false;
  }

  place({ group, rules }: Requirements, nodeId: NodeId): void {
    if (group !== null) add(this.#placed, group, nodeId);
    if (group !== null && this.#byValue.size > 0) this.#changeValues(group, nodeId, 1);
    for (const service of rules?.apart ?? []) add(this.#repelled, service, nodeId);
  }

  release({ group, rules }: Requirements, nodeId: NodeId): void {
    if (group !== null) remove(this.#placed, group, nodeId);
    if (group !== null && this.#byValue.size > 0) this.#changeValues(group, nodeId, -1);
    for (const service of rules?.apart ?? []) remove(this.#repelled, service, nodeId);
  }

  #changeValues(group: string, nodeId: NodeId, by: number): void {
    for (const known of this.#byValue.get(group)?.values() ?? []) changeBy(known, nodeId, by);
    if (!this.#placed.has(group)) this.#byValue.delete(group);
  }

  clone(): GroupIndex {
    const copy = new GroupIndex();
    for (const [group, counts] of this.#placed) copy.#placed.set(group, new Map(counts));
    for (const [group, counts] of this.#repelled) copy.#repelled.set(group, new Map(counts));
    return copy;
  }
}

function changeBy({ nodeValue, counts }: ValueCounts, nodeId: NodeId, by: number): void {
  const value = nodeValue(nodeId);
  const count = (counts.get(value) ?? 0) + by;
  if (count === 0) counts.delete(value);
  else counts.set(value, count);
}

function add(groups: Map<string, Counts>, group: string, nodeId: NodeId): void {
  let counts = groups.get(group);
  if (!counts) {
    counts = new Map();
    groups.set(group, counts);
  }
  counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
}

function remove(groups: Map<string, Counts>, group: string, nodeId: NodeId): void {
  const counts = groups.get(group);
  const count = counts?.get(nodeId) ?? 0;
  assert(count > 0, `a task of ${group} is released that was never placed`);
  if (count > 1) counts!.set(nodeId, count - 1);
  else counts!.delete(nodeId);
  if (counts!.size === 0) groups.delete(group);
}
