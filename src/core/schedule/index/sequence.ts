// Nodes with a place free, best first, in blocks of some dozens. A block knows the most room in it, so that a search
// walks over those that cannot hold the task, and reads the others as plain columns of numbers.

import type { Demand, NodeInfo } from "./node-info.ts";

class Block {
  size = 0;
  maxCpu = Number.NEGATIVE_INFINITY;
  maxMemory = Number.NEGATIVE_INFINITY;
  readonly slots: NodeInfo[] = [];
  readonly scores: Float64Array;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;

  constructor(room: number) {
    this.scores = new Float64Array(room);
    this.cpu = new Float64Array(room);
    this.memory = new Float64Array(room);
  }

  write(at: number, slot: NodeInfo, score: number): void {
    this.slots[at] = slot;
    this.scores[at] = score;
    this.cpu[at] = slot.freeCpuMillis;
    this.memory[at] = slot.freeMemoryBytes;
  }

  insert(at: number, slot: NodeInfo, score: number): void {
    this.slots.splice(at, 0, slot);
    for (const column of [this.scores, this.cpu, this.memory]) column.copyWithin(at + 1, at, this.size);
    this.size++;
    this.write(at, slot, score);
    this.maxCpu = Math.max(this.maxCpu, this.cpu[at]!);
    this.maxMemory = Math.max(this.maxMemory, this.memory[at]!);
  }

  remove(at: number): void {
    const wasMost = this.cpu[at] === this.maxCpu || this.memory[at] === this.maxMemory;
    this.slots.splice(at, 1);
    for (const column of [this.scores, this.cpu, this.memory]) column.copyWithin(at, at + 1, this.size);
    this.size--;
    if (wasMost) this.measure();
  }

  /** Finds the most room anew. */
  measure(): void {
    let cpu = Number.NEGATIVE_INFINITY;
    let memory = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.size; at++) {
      if (this.cpu[at]! > cpu) cpu = this.cpu[at]!;
      if (this.memory[at]! > memory) memory = this.memory[at]!;
    }
    this.maxCpu = cpu;
    this.maxMemory = memory;
  }

  /** Moves all from `at` on to the end of `other`. */
  moveTo(other: Block, at: number): void {
    for (const [from, to] of [
      [this.scores, other.scores],
      [this.cpu, other.cpu],
      [this.memory, other.memory],
    ] as const) {
      to.set(from.subarray(at, this.size), other.size);
    }
    other.slots.push(...this.slots.splice(at));
    other.size += this.size - at;
    this.size = at;
    this.measure();
    other.measure();
  }
}

export interface SequenceRules {
  /** Higher comes first; equals in the order of nodes. */
  score: (slot: NodeInfo) => number;
  /** Of a slot with a place free: does it belong here? */
  accepts: (slot: NodeInfo) => boolean;
  /** Slots in a block, an even number. */
  blockSize: number;
}

/** What a search ends with: a slot, null (none fits), or "gave-up" after too many that had room but were not acceptable. */
export type Found = NodeInfo | null | "gave-up";

export interface Acceptance {
  test: (slot: NodeInfo) => boolean;
  /** How many may be refused before the search gives up. */
  budget: number;
}

export class Sequence {
  readonly #rules: SequenceRules;
  /** What a fresh block holds: with some room, so that the first placements do not split it. */
  readonly #freshSize: number;
  #blocks: Block[] = [];
  readonly #blockOf = new Map<NodeInfo, Block>();

  /** `slots` in the order of nodes. */
  constructor(slots: readonly NodeInfo[], rules: SequenceRules) {
    this.#rules = rules;
    this.#freshSize = Math.ceil(rules.blockSize * 0.75);
    const entries = slots
      .filter((slot) => slot.takes && rules.accepts(slot))
      .map((slot) => ({ slot, score: rules.score(slot) }))
      .sort((left, right) => right.score - left.score);
    for (let from = 0; from < entries.length; from += this.#freshSize) {
      const block = new Block(this.#rules.blockSize);
      for (const { slot, score } of entries.slice(from, from + this.#freshSize)) {
        block.write(block.size++, slot, score);
        this.#blockOf.set(slot, block);
      }
      block.measure();
      this.#blocks.push(block);
    }
  }

  get size(): number {
    return this.#blockOf.size;
  }

  /** What a slot offers has changed: it moves, enters or leaves. */
  update(slot: NodeInfo): void {
    const belongs = slot.takes && this.#rules.accepts(slot);
    const block = this.#blockOf.get(slot);
    if (!block) {
      if (belongs) this.#insert(slot, this.#rules.score(slot));
      return;
    }
    const at = block.slots.indexOf(slot);
    if (!belongs) {
      this.#blockOf.delete(slot);
      this.#remove(block, at);
      return;
    }
    const score = this.#rules.score(slot);
    if (this.#staysAt(block, at, slot, score)) {
      const wasMost = block.cpu[at] === block.maxCpu || block.memory[at] === block.maxMemory;
      block.write(at, slot, score);
      if (wasMost) block.measure();
      else {
        block.maxCpu = Math.max(block.maxCpu, block.cpu[at]!);
        block.maxMemory = Math.max(block.maxMemory, block.memory[at]!);
      }
      return;
    }
    this.#remove(block, at);
    this.#insert(slot, score);
  }

  /** The first that fits. */
  first(demand: Demand, acceptance: Acceptance | null): Found {
    return this.#search(demand, acceptance, 0, 0);
  }

  /** The first that fits after `order` in the order of nodes, which the sequence must be in; then from the start. */
  firstAfter(order: number, demand: Demand, acceptance: Acceptance | null): Found {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (block.slots[block.size - 1]!.order <= order) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low];
    if (!block) return this.first(demand, acceptance);
    let at = 0;
    while (block.slots[at]!.order <= order) at++;
    // The second search meets again what the first refused: at most twice the work, and no bound to carry along.
    return this.#search(demand, acceptance, low, at) ?? this.first(demand, acceptance);
  }

  #search({ cpuMillis, memoryBytes }: Demand, acceptance: Acceptance | null, fromBlock: number, fromAt: number): Found {
    const blocks = this.#blocks;
    let budget = acceptance?.budget ?? 0;
    let at = fromAt;
    for (let number = fromBlock; number < blocks.length; number++, at = 0) {
      const block = blocks[number]!;
      if (block.maxCpu < cpuMillis || block.maxMemory < memoryBytes) continue;
      const { cpu, memory, size } = block;
      for (; at < size; at++) {
        if (cpu[at]! < cpuMillis || memory[at]! < memoryBytes) continue;
        const slot = block.slots[at]!;
        if (acceptance === null || acceptance.test(slot)) return slot;
        if (--budget < 0) return "gave-up";
      }
    }
    return null;
  }

  /** Between its neighbours in the block also with the new score. At the block's ends it is looked at anew. */
  #staysAt(block: Block, at: number, slot: NodeInfo, score: number): boolean {
    if (block.scores[at] === score) return true;
    if (at === 0 || at === block.size - 1) return false;
    return !precedes(block, at - 1, score, slot.order) && precedes(block, at + 1, score, slot.order);
  }

  #remove(block: Block, at: number): void {
    if (block.size === 1) {
      this.#blocks.splice(this.#blocks.indexOf(block), 1);
      return;
    }
    block.remove(at);
    if (block.size >= this.#rules.blockSize / 4) return;
    const number = this.#blocks.indexOf(block);
    const next = this.#blocks[number + 1];
    if (!next || block.size + next.size > this.#freshSize) return;
    for (const slot of next.slots) this.#blockOf.set(slot, block);
    next.moveTo(block, 0);
    this.#blocks.splice(number + 1, 1);
  }

  #insert(slot: NodeInfo, score: number): void {
    const number = this.#blockFor(slot, score);
    let block = this.#blocks[number];
    if (!block) {
      block = new Block(this.#rules.blockSize);
      this.#blocks.push(block);
    } else if (block.size === this.#rules.blockSize) {
      const half = new Block(this.#rules.blockSize);
      block.moveTo(half, this.#rules.blockSize / 2);
      for (const moved of half.slots) this.#blockOf.set(moved, half);
      this.#blocks.splice(number + 1, 0, half);
      if (!precedes(block, block.size - 1, score, slot.order)) block = half;
    }
    let low = 0;
    let high = block.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (precedes(block, middle, score, slot.order)) high = middle;
      else low = middle + 1;
    }
    block.insert(low, slot, score);
    this.#blockOf.set(slot, block);
  }

  /** The first block whose last entry comes after; else the last block. */
  #blockFor(slot: NodeInfo, score: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (precedes(block, block.size - 1, score, slot.order)) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low);
  }
}

/** Does (score, order) come before the entry at `at`? */
function precedes(block: Block, at: number, score: number, order: number): boolean {
  const other = block.scores[at]!;
  return score === other ? order < block.slots[at]!.order : score > other;
}
