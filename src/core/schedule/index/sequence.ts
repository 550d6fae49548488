// Nodes that accept tasks, best first, in blocks of some dozens. A block knows the largest free amounts in it, so that a
// search skips blocks without a node that is large enough, and reads the others as columns of numbers.

import type { Demand, NodeInfo } from "./node-info.ts";

class Block {
  size = 0;
  maxCpu = Number.NEGATIVE_INFINITY;
  maxMemory = Number.NEGATIVE_INFINITY;
  readonly nodes: NodeInfo[] = [];
  readonly scores: Float64Array;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;

  constructor(capacity: number) {
    this.scores = new Float64Array(capacity);
    this.cpu = new Float64Array(capacity);
    this.memory = new Float64Array(capacity);
  }

  write(at: number, node: NodeInfo, score: number): void {
    this.nodes[at] = node;
    this.scores[at] = score;
    this.cpu[at] = node.freeCpuMillis;
    this.memory[at] = node.freeMemoryBytes;
  }

  insert(at: number, node: NodeInfo, score: number): void {
    this.nodes.splice(at, 0, node);
    for (const column of [this.scores, this.cpu, this.memory]) column.copyWithin(at + 1, at, this.size);
    this.size++;
    this.write(at, node, score);
    this.maxCpu = Math.max(this.maxCpu, this.cpu[at]!);
    this.maxMemory = Math.max(this.maxMemory, this.memory[at]!);
  }

  remove(at: number): void {
    const wasLargest = this.cpu[at] === this.maxCpu || this.memory[at] === this.maxMemory;
    this.nodes.splice(at, 1);
    for (const column of [this.scores, this.cpu, this.memory]) column.copyWithin(at, at + 1, this.size);
    this.size--;
    if (wasLargest) this.measure();
  }

  /** Computes the largest free amounts again. */
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
    other.nodes.push(...this.nodes.splice(at));
    other.size += this.size - at;
    this.size = at;
    this.measure();
    other.measure();
  }
}

export interface SequenceRules {
  /** Higher comes first; nodes with equal scores stand in the order of nodes. */
  score: (node: NodeInfo) => number;
  /** Whether a node that accepts tasks belongs into the sequence. */
  accepts: (node: NodeInfo) => boolean;
  /** Slots in a block, an even number. */
  blockSize: number;
}

/** The result of a search: a node, null if none fits, or "gave-up" after too many nodes were large enough but refused. */
export type Found = NodeInfo | null | "gave-up";

export interface Acceptance {
  test: (node: NodeInfo) => boolean;
  /** Nodes that may be refused before the search gives up. */
  budget: number;
}

export class Sequence {
  readonly #rules: SequenceRules;
  /** Nodes in a new block: fewer than it can hold, so that the first placements do not split it. */
  readonly #freshSize: number;
  #blocks: Block[] = [];
  readonly #blockOf = new Map<NodeInfo, Block>();

  /** `nodes` in the order of nodes. */
  constructor(nodes: readonly NodeInfo[], rules: SequenceRules) {
    this.#rules = rules;
    this.#freshSize = Math.ceil(rules.blockSize * 0.75);
    const entries = nodes
      .filter((node) => node.acceptsTasks && rules.accepts(node))
      .map((node) => ({ node, score: rules.score(node) }))
      .sort((left, right) => right.score - left.score);
    for (let from = 0; from < entries.length; from += this.#freshSize) {
      const block = new Block(this.#rules.blockSize);
      for (const { node, score } of entries.slice(from, from + this.#freshSize)) {
        block.write(block.size++, node, score);
        this.#blockOf.set(node, block);
      }
      block.measure();
      this.#blocks.push(block);
    }
  }

  get size(): number {
    return this.#blockOf.size;
  }

  /** The node's free capacity has changed: it moves, enters or leaves. */
  update(node: NodeInfo): void {
    const belongs = node.acceptsTasks && this.#rules.accepts(node);
    const block = this.#blockOf.get(node);
    if (!block) {
      if (belongs) this.#insert(node, this.#rules.score(node));
      return;
    }
    const at = block.nodes.indexOf(node);
    if (!belongs) {
      this.#blockOf.delete(node);
      this.#remove(block, at);
      return;
    }
    const score = this.#rules.score(node);
    if (this.#staysAt(block, at, node, score)) {
      const wasLargest = block.cpu[at] === block.maxCpu || block.memory[at] === block.maxMemory;
      block.write(at, node, score);
      if (wasLargest) block.measure();
      else {
        block.maxCpu = Math.max(block.maxCpu, block.cpu[at]!);
        block.maxMemory = Math.max(block.maxMemory, block.memory[at]!);
      }
      return;
    }
    this.#remove(block, at);
    this.#insert(node, score);
  }

  /** The first node that fits. */
  first(demand: Demand, acceptance: Acceptance | null): Found {
    return this.#search(demand, acceptance, 0, 0);
  }

  /** The first node that fits after `order`, then from the start. All scores must be equal: the order of nodes counts. */
  firstAfter(order: number, demand: Demand, acceptance: Acceptance | null): Found {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (block.nodes[block.size - 1]!.order <= order) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low];
    if (!block) return this.first(demand, acceptance);
    let at = 0;
    while (block.nodes[at]!.order <= order) at++;
    // The second search repeats the refusals of the first: at most twice the work, and simpler than an end for it.
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
        const node = block.nodes[at]!;
        if (acceptance === null || acceptance.test(node)) return node;
        if (--budget < 0) return "gave-up";
      }
    }
    return null;
  }

  /** True when the node stays between its neighbours with the new score; false at the ends of a block. */
  #staysAt(block: Block, at: number, node: NodeInfo, score: number): boolean {
    if (block.scores[at] === score) return true;
    if (at === 0 || at === block.size - 1) return false;
    return !precedes(block, at - 1, score, node.order) && precedes(block, at + 1, score, node.order);
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
    for (const node of next.nodes) this.#blockOf.set(node, block);
    next.moveTo(block, 0);
    this.#blocks.splice(number + 1, 1);
  }

  #insert(node: NodeInfo, score: number): void {
    const number = this.#blockFor(node, score);
    let block = this.#blocks[number];
    if (!block) {
      block = new Block(this.#rules.blockSize);
      this.#blocks.push(block);
    } else if (block.size === this.#rules.blockSize) {
      const half = new Block(this.#rules.blockSize);
      block.moveTo(half, this.#rules.blockSize / 2);
      for (const moved of half.nodes) this.#blockOf.set(moved, half);
      this.#blocks.splice(number + 1, 0, half);
      if (!precedes(block, block.size - 1, score, node.order)) block = half;
    }
    let low = 0;
    let high = block.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (precedes(block, middle, score, node.order)) high = middle;
      else low = middle + 1;
    }
    block.insert(low, node, score);
    this.#blockOf.set(node, block);
  }

  /** The first block whose last entry comes after; else the last block. */
  #blockFor(node: NodeInfo, score: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (precedes(block, block.size - 1, score, node.order)) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low);
  }
}

/** True when (score, order) comes before the entry at `at`. */
function precedes(block: Block, at: number, score: number, order: number): boolean {
  const other = block.scores[at]!;
  return score === other ? order < block.nodes[at]!.order : score > other;
}
