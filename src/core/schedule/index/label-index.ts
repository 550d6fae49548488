// Which nodes have a label, for the keys that constraints ask for: built at the first question, kept up from then on.

import type { Constraint } from "../../../model/task/spec.ts";
import type { NodeInfo } from "./node-info.ts";

interface KeyIndex {
  all: NodeInfo[];
  byValue: Map<string, NodeInfo[]>;
}

/** Keys kept at once: each costs some hundred bytes a node that has it. */
const keysKept = 8;
const none: readonly NodeInfo[] = [];

export class LabelIndex {
  /** Least recently built first. */
  readonly #keys = new Map<string, KeyIndex>();

  /** The nodes that a constraint leaves, in no order; null where it says nothing of the kind. */
  having(constraint: Constraint, slots: readonly NodeInfo[]): readonly NodeInfo[] | null {
    if (constraint.type !== "label" || constraint.operator === "not-equals") return null;
    const index = this.#keys.get(constraint.key) ?? this.#build(constraint.key, slots);
    return constraint.operator === "exists" ? index.all : (index.byValue.get(constraint.value) ?? none);
  }

  add(slot: NodeInfo): void {
    for (const [key, index] of this.#keys) addTo(index, key, slot);
  }

  remove(slot: NodeInfo): void {
    for (const [key, { all, byValue }] of this.#keys) {
      if (!Object.hasOwn(slot.record.labels, key)) continue;
      const value = slot.record.labels[key]!;
      const same = byValue.get(value)!;
      takeOut(all, slot);
      takeOut(same, slot);
      if (same.length === 0) byValue.delete(value);
    }
  }

  #build(key: string, slots: readonly NodeInfo[]): KeyIndex {
    const index: KeyIndex = { all: [], byValue: new Map() };
    for (const slot of slots) addTo(index, key, slot);
    if (this.#keys.size >= keysKept) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(key, index);
    return index;
  }
}

function addTo({ all, byValue }: KeyIndex, key: string, slot: NodeInfo): void {
  if (!Object.hasOwn(slot.record.labels, key)) return;
  const value = slot.record.labels[key]!;
  const same = byValue.get(value);
  if (same) same.push(slot);
  else byValue.set(value, [slot]);
  all.push(slot);
}

function takeOut(slots: NodeInfo[], slot: NodeInfo): void {
  const last = slots.pop()!;
  if (last !== slot) slots[slots.indexOf(slot)] = last;
}
