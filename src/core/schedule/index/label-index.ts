// Which nodes have a label, for the keys that constraints name. A key's index is built by the first query, and updated
// from then on.

import type { Constraint } from "../../../model/task/spec.ts";
import type { NodeInfo } from "./node-info.ts";

interface KeyIndex {
  all: NodeInfo[];
  byValue: Map<string, NodeInfo[]>;
}

/** Keys kept at once: each needs some hundred bytes for each node that has it. */
const keysKept = 8;
const none: readonly NodeInfo[] = [];

export class LabelIndex {
  /** Least recently built first. */
  readonly #keys = new Map<string, KeyIndex>();

  /** The nodes that meet a constraint, in no order; null for a constraint that an index of labels cannot answer. */
  having(constraint: Constraint, nodes: readonly NodeInfo[]): readonly NodeInfo[] | null {
    if (constraint.type !== "label" || constraint.operator === "not-equals") return null;
    const index = this.#keys.get(constraint.key) ?? this.#build(constraint.key, nodes);
    return constraint.operator === "exists" ? index.all : (index.byValue.get(constraint.value) ?? none);
  }

  add(node: NodeInfo): void {
    for (const [key, index] of this.#keys) addTo(index, key, node);
  }

  remove(node: NodeInfo): void {
    for (const [key, { all, byValue }] of this.#keys) {
      if (!Object.hasOwn(node.record.labels, key)) continue;
      const value = node.record.labels[key]!;
      const same = byValue.get(value)!;
      removeFrom(all, node);
      removeFrom(same, node);
      if (same.length === 0) byValue.delete(value);
    }
  }

  #build(key: string, nodes: readonly NodeInfo[]): KeyIndex {
    const index: KeyIndex = { all: [], byValue: new Map() };
    for (const node of nodes) addTo(index, key, node);
    if (this.#keys.size >= keysKept) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(key, index);
    return index;
  }
}

function addTo({ all, byValue }: KeyIndex, key: string, node: NodeInfo): void {
  if (!Object.hasOwn(node.record.labels, key)) return;
  const value = node.record.labels[key]!;
  const same = byValue.get(value);
  if (same) same.push(node);
  else byValue.set(value, [node]);
  all.push(node);
}

function removeFrom(nodes: NodeInfo[], node: NodeInfo): void {
  const last = nodes.pop()!;
  if (last !== node) nodes[nodes.indexOf(node)] = last;
}
