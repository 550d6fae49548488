// The nodes that one kind of task may go to for good, as a tree over their order. Each inner node of the tree knows the
// most room and the best scores below it, so that the search leaves out whole branches, and a placement updates one path.

import type { Strategy } from "../../model/cluster.ts";
import { binpackScore, spreadScore } from "./score.ts";
import type { Demand, Slot } from "./slot.ts";

const nothing = Number.NEGATIVE_INFINITY;

export class View {
  readonly slots: readonly Slot[];
  /** Leaves are at [#leaves, 2 * #leaves); the children of i are 2i and 2i+1. */
  readonly #leaves: number;
  readonly #cpu: Float64Array;
  readonly #memory: Float64Array;
  readonly #spread: Float64Array;
  readonly #binpack: Float64Array;
  readonly #indexOf: Map<Slot, number>;

  /** `slots` in their order. */
  constructor(slots: readonly Slot[]) {
    this.slots = slots;
    this.#leaves = 1;
    while (this.#leaves < slots.length) this.#leaves *= 2;
    const size = this.#leaves * 2;
    this.#cpu = new Float64Array(size).fill(nothing);
    this.#memory = new Float64Array(size).fill(nothing);
    this.#spread = new Float64Array(size).fill(nothing);
    this.#binpack = new Float64Array(size).fill(nothing);
    this.#indexOf = new Map(slots.map((slot, index) => [slot, index]));
    for (let index = 0; index < slots.length; index++) this.#writeLeaf(index);
    for (let at = this.#leaves - 1; at >= 1; at--) this.#writeInner(at);
  }

  /** What a slot offers has changed. */
  update(slot: Slot): void {
    const index = this.#indexOf.get(slot);
    if (index === undefined) return;
    this.#writeLeaf(index);
    for (let at = (this.#leaves + index) >> 1; at >= 1; at >>= 1) this.#writeInner(at);
  }

  /** The best slot that fits, or null. `after`: the position that round-robin stands at. */
  choose(demand: Demand, strategy: Strategy, after: number): Slot | null {
    if (strategy === "round-robin") {
      const start = this.#firstAfter(after);
      return this.#firstFit(1, demand, start, this.slots.length) ?? this.#firstFit(1, demand, 0, start);
    }
    const scores = strategy === "spread" ? this.#spread : this.#binpack;
    const found = this.#bestFit(1, demand, scores, -1);
    return found < 0 ? null : this.slots[found - this.#leaves]!;
  }

  #writeLeaf(index: number): void {
    const slot = this.slots[index]!;
    const at = this.#leaves + index;
    // A node that takes nothing at all offers less than nothing, so that no demand reaches it.
    const takes = slot.open && slot.freeTasks > 0;
    this.#cpu[at] = takes ? slot.freeCpuMillis : nothing;
    this.#memory[at] = takes ? slot.freeMemoryBytes : nothing;
    this.#spread[at] = takes ? spreadScore(slot) : nothing;
    this.#binpack[at] = takes ? binpackScore(slot) : nothing;
  }

  #writeInner(at: number): void {
    const left = at * 2;
    const right = left + 1;
    this.#cpu[at] = Math.max(this.#cpu[left]!, this.#cpu[right]!);
    this.#memory[at] = Math.max(this.#memory[left]!, this.#memory[right]!);
    this.#spread[at] = Math.max(this.#spread[left]!, this.#spread[right]!);
    this.#binpack[at] = Math.max(this.#binpack[left]!, this.#binpack[right]!);
  }

  #mayFit(at: number, { cpuMillis, memoryBytes }: Demand): boolean {
    return this.#cpu[at]! >= cpuMillis && this.#memory[at]! >= memoryBytes;
  }

  #fits(at: number, demand: Demand): boolean {
    return demand.ports.length === 0 || this.slots[at - this.#leaves]!.conflict(demand.ports) === null;
  }

  /** Index of the first slot whose position is greater. */
  #firstAfter(position: number): number {
    let low = 0;
    let high = this.slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.slots[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first slot with index in [from, to) that fits, in the branch `at`. */
  #firstFit(at: number, demand: Demand, from: number, to: number, low = 0, high = this.#leaves): Slot | null {
    if (high <= from || low >= to || !this.#mayFit(at, demand)) return null;
    if (at >= this.#leaves) return this.#fits(at, demand) ? this.slots[low]! : null;
    const middle = (low + high) >> 1;
    return (
      this.#firstFit(at * 2, demand, from, to, low, middle) ??
      this.#firstFit(at * 2 + 1, demand, from, to, middle, high)
    );
  }

  /** The leaf with the best score that fits and beats `best` (a leaf, or -1), in the branch `at`; else `best`. */
  #bestFit(at: number, demand: Demand, scores: Float64Array, best: number): number {
    if (!this.#mayFit(at, demand) || !beats(scores, at, best)) return best;
    if (at >= this.#leaves) return this.#fits(at, demand) ? at : best;
    const left = at * 2;
    const right = left + 1;
    // The better branch first, so that the other is mostly left out; on a tie the left, which is first in order.
    if (scores[left]! >= scores[right]!) {
      return this.#bestFit(right, demand, scores, this.#bestFit(left, demand, scores, best));
    }
    return this.#bestFit(left, demand, scores, this.#bestFit(right, demand, scores, best));
  }
}

/** A higher score, or the same further left. `at` may be an inner node: then the comparison is of what it could hold. */
function beats(scores: Float64Array, at: number, best: number): boolean {
  if (best < 0) return scores[at]! > nothing;
  if (scores[at]! !== scores[best]!) return scores[at]! > scores[best]!;
  return firstLeaf(at, best) < best;
}

/** The leftmost leaf below `at`, in a tree in which `leaf` is a leaf. */
function firstLeaf(at: number, leaf: number): number {
  let first = at;
  const leaves = 1 << (31 - Math.clz32(leaf));
  while (first < leaves) first *= 2;
  return first;
}
