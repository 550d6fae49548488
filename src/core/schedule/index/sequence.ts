// Nodes that accept tasks, best first, in blocks of some dozens. A block knows the largest free amounts in it, so that a
// search skips blocks without a node that is large enough, and reads the others as columns of numbers.

import type { Demand, HostPort, NodeInfo } from "./node-info.ts";

class Block {
  size = 0;
  /** At least the largest free amounts; exactly those unless `loose`. */
  maxCpu = Number.NEGATIVE_INFINITY;
  maxMemory = Number.NEGATIVE_INFINITY;
  /** True when a node with one of the largest amounts left the block or has less now. */
  loose = false;
  readonly nodes: NodeInfo[] = [];
  readonly scores: Float64Array;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;

  constructor(capacity: number) {
    this.scores = new Float64Array(capacity);
    this.cpu = new Float64Array(capacity);
    this.memory = new Float64Array(capacity);
  }

  insert(at: number, node: NodeInfo, score: number): void {
    this.nodes.splice(at, 0, node);
    this.scores.copyWithin(at + 1, at, this.size);
    this.cpu.copyWithin(at + 1, at, this.size);
    this.memory.copyWithin(at + 1, at, this.size);
    this.size++;
    this.#write(at, node, score);
  }

  remove(at: number): void {
    this.#loosen(at);
    this.nodes.splice(at, 1);
    this.scores.copyWithin(at, at + 1, this.size);
    this.cpu.copyWithin(at, at + 1, this.size);
    this.memory.copyWithin(at, at + 1, this.size);
    this.size--;
  }

  move(from: number, to: number, node: NodeInfo, score: number): void {
    this.#loosen(from);
    for (let at = from; at < to; at++) this.#copy(at + 1, at);
    for (let at = from; at > to; at--) this.#copy(at - 1, at);
    this.#write(to, node, score);
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
    this.loose = false;
  }

  /** Moves all from `at` on to the end of `other`. */
  moveTo(other: Block, at: number): void {
    other.scores.set(this.scores.subarray(at, this.size), other.size);
    other.cpu.set(this.cpu.subarray(at, this.size), other.size);
    other.memory.set(this.memory.subarray(at, this.size), other.size);
    other.nodes.push(...this.nodes.splice(at));
    other.size += this.size - at;
    this.size = at;
    this.measure();
    other.measure();
  }

  #loosen(at: number): void {
    if (this.cpu[at] === this.maxCpu || this.memory[at] === this.maxMemory) this.loose = true;
  }

  #copy(from: number, to: number): void {
    this.nodes[to] = this.nodes[from]!;
    this.scores[to] = this.scores[from]!;
    this.cpu[to] = this.cpu[from]!;
    this.memory[to] = this.memory[from]!;
  }

  #write(at: number, node: NodeInfo, score: number): void {
    const { freeCpuMillis, freeMemoryBytes } = node;
    this.nodes[at] = node;
    this.scores[at] = score;
    this.cpu[at] = freeCpuMillis;
    this.memory[at] = freeMemoryBytes;
    if (freeCpuMillis > this.maxCpu) this.maxCpu = freeCpuMillis;
    if (freeMemoryBytes > this.maxMemory) this.maxMemory = freeMemoryBytes;
  }
}

export interface SequenceRules {
  /** Higher comes first; nodes with equal scores stand in the order of nodes. */
  score: (node: NodeInfo) => number;
  /** Whether a node belongs into the sequence while it accepts tasks. The answer for a node never changes. */
  admits: (node: NodeInfo) => boolean;
  /** Ports that must be free as well. */
  ports: readonly HostPort[];
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
  /** By number of the node. Null if the node is known not to be admitted, undefined if it is not in the sequence. */
  readonly #blockOf: (Block | null | undefined)[] = [];
  #size = 0;

  /** `nodes` in the order of nodes. */
  constructor(nodes: readonly NodeInfo[], rules: SequenceRules) {
    this.#rules = rules;
    this.#freshSize = Math.ceil(rules.blockSize * 0.75);
    const entries = nodes
      .filter((node) => this.#isOpen(node) && rules.admits(node))
      .map((node) => ({ node, score: rules.score(node) }))
      .sort((left, right) => right.score - left.score);
    for (let from = 0; from < entries.length; from += this.#freshSize) {
      const block = new Block(this.#rules.blockSize);
      for (const { node, score } of entries.slice(from, from + this.#freshSize)) {
        block.insert(block.size, node, score);
        this.#blockOf[node.number] = block;
      }
      this.#blocks.push(block);
    }
    this.#size = entries.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The node's free capacity has changed: it moves, enters or leaves. */
  update(node: NodeInfo): void {
    const block = this.#blockOf[node.number];
    // The next node with this number may be admitted.
    if (block === null && node.gone) this.#blockOf[node.number] = undefined;
    if (block === null) return;
    const isOpen = this.#isOpen(node);
    if (block === undefined) {
      if (!isOpen) return;
      if (this.#rules.admits(node)) this.#insert(node, this.#rules.score(node));
      else this.#blockOf[node.number] = null;
      return;
    }
    const at = block.nodes.indexOf(node);
    if (!isOpen) {
      this.#blockOf[node.number] = undefined;
      this.#remove(block, at);
      return;
    }
    const score = this.#rules.score(node);
    const to = block.scores[at] === score ? at : this.#positionWithin(block, at, score, node.order);
    if (to !== null) block.move(at, to, node, score);
    else {
      this.#remove(block, at);
      this.#insert(node, score);
    }
  }

  /** The first node that fits. */
  first(demand: Demand, acceptance: Acceptance | null): Found {
    return this.#search(demand, acceptance, 0, 0);
  }

  /** The first node that fits among those with a lower score than `score`; if there is none, the first of all. */
  firstBelow(score: number, demand: Demand, acceptance: Acceptance | null): Found {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (block.scores[block.size - 1]! >= score) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low];
    if (!block) return this.first(demand, acceptance);
    let at = 0;
    while (at < block.size && block.scores[at]! >= score) at++;
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
      if (block.loose) block.measure();
    }
    return null;
  }

  /** Where the entry at `at` belongs with its new score; null if that may be in another block. */
  #positionWithin(block: Block, at: number, score: number, order: number): number | null {
    let to = at;
    if (score > block.scores[at]!) {
      while (to > 0 && precedes(block, to - 1, score, order)) to--;
      return to > 0 || block === this.#blocks[0] ? to : null;
    }
    const last = block.size - 1;
    while (to < last && !precedes(block, to + 1, score, order)) to++;
    return to < last || block === this.#blocks.at(-1) ? to : null;
  }

  #isOpen(node: NodeInfo): boolean {
    return node.acceptsTasks && node.conflict(this.#rules.ports) === null;
  }

  #remove(block: Block, at: number): void {
    this.#size--;
    // The last block stays when it is empty: on full nodes, each release would build another.
    if (block.size === 1 && this.#blocks.length > 1) {
      this.#blocks.splice(this.#blocks.indexOf(block), 1);
      return;
    }
    block.remove(at);
    if (block.size >= this.#rules.blockSize / 4) return;
    const number = this.#blocks.indexOf(block);
    const next = this.#blocks[number + 1];
    if (!next || block.size + next.size > this.#freshSize) return;
    for (const node of next.nodes) this.#blockOf[node.number] = block;
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
      for (const moved of half.nodes) this.#blockOf[moved.number] = half;
      this.#blocks.splice(number + 1, 0, half);
      if (!precedes(block, block.size - 1, score, node.order)) block = half;
    }
    block.insert(positionIn(block, score, node.order), node, score);
    this.#blockOf[node.number] = block;
    this.#size++;
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

// The binary searches of this file stand in their functions: as calls of lib/binary-search.ts they cost twice the time, and
// each placement makes several.

/** True when (score, order) comes before the entry at `at`. */
function precedes(block: Block, at: number, score: number, order: number): boolean {
  const other = block.scores[at]!;
  return score === other ? order < block.nodes[at]!.order : score > other;
}

function positionIn(block: Block, score: number, order: number): number {
  let low = 0;
  let high = block.size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (precedes(block, middle, score, order)) high = middle;
    else low = middle + 1;
  }
  return low;
}
