// How many tasks of each group are placed on which node: the tasks of a service, and those of one template with rules. Rules
// that compare a task with others (rules.ts) read these counts.

import { assert } from "../../../lib/assert.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { Requirements } from "../../../model/task/requirements.ts";

type Counts = Map<NodeId, number>;

const nowhere: ReadonlyMap<NodeId, number> = new Map();

export class GroupIndex {
  readonly #placed = new Map<string, Counts>();
  /** By group: where tasks are placed that are to be apart from it. */
  readonly #repelled = new Map<string, Counts>();

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
    for (const service of rules?.apart ?? []) add(this.#repelled, service, nodeId);
  }

  release({ group, rules }: Requirements, nodeId: NodeId): void {
    if (group !== null) remove(this.#placed, group, nodeId);
    for (const service of rules?.apart ?? []) remove(this.#repelled, service, nodeId);
  }

  clone(): GroupIndex {
    const copy = new GroupIndex();
    for (const [group, counts] of this.#placed) copy.#placed.set(group, new Map(counts));
    for (const [group, counts] of this.#repelled) copy.#repelled.set(group, new Map(counts));
    return copy;
  }
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
