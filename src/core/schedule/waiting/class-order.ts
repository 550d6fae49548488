// Scheduling classes ordered by priority, then by their oldest task, in blocks of some dozens. A block knows the smallest demands in it,
// so that a search skips blocks in which every class needs more than a node has free, and reads the others as columns
// of numbers.

import { firstIndex } from "../../../lib/binary-search.ts";
import type { Opening, WaitingClass } from "./waiting-class.ts";

const defaultBlockSize = 64;

class Block {
  size = 0;
  minCpu = Number.POSITIVE_INFINITY;
  minMemory = Number.POSITIVE_INFINITY;
  readonly classes: WaitingClass[] = [];
  readonly cpu: Float64Array;
  readonly memory: Float64Array;

  constructor(capacity: number) {
    this.cpu = new Float64Array(capacity);
    this.memory = new Float64Array(capacity);
  }

  insert(at: number, added: WaitingClass): void {
    this.classes.splice(at, 0, added);
    this.cpu.copyWithin(at + 1, at, this.size);
    this.memory.copyWithin(at + 1, at, this.size);
    this.size++;
    const { cpuMillis, memoryBytes } = added.schedulingClass.demand;
    this.cpu[at] = cpuMillis;
    this.memory[at] = memoryBytes;
    if (cpuMillis < this.minCpu) this.minCpu = cpuMillis;
    if (memoryBytes < this.minMemory) this.minMemory = memoryBytes;
  }

  remove(at: number): void {
    const wasLeast = this.cpu[at] === this.minCpu || this.memory[at] === this.minMemory;
    this.classes.splice(at, 1);
    this.cpu.copyWithin(at, at + 1, this.size);
    this.memory.copyWithin(at, at + 1, this.size);
    this.size--;
    if (wasLeast) this.#measure();
  }

  /** Moves the second half into a new block. */
  split(): Block {
    const other = new Block(this.cpu.length);
    const half = this.size >>> 1;
    other.cpu.set(this.cpu.subarray(half, this.size));
    other.memory.set(this.memory.subarray(half, this.size));
    other.classes.push(...this.classes.splice(half));
    other.size = this.size - half;
    this.size = half;
    this.#measure();
    other.#measure();
    return other;
  }

  #measure(): void {
    this.minCpu = Number.POSITIVE_INFINITY;
    this.minMemory = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.size; at++) {
      if (this.cpu[at]! < this.minCpu) this.minCpu = this.cpu[at]!;
      if (this.memory[at]! < this.minMemory) this.minMemory = this.memory[at]!;
    }
  }
}

export class ClassOrder {
  readonly #blockSize: number;
  readonly #blocks: Block[] = [];
  #size = 0;

  /** `blockSize` changes how fast an answer is, never the answer: tests make it small. */
  constructor(blockSize = defaultBlockSize) {
    this.#blockSize = blockSize;
  }

  get size(): number {
    return this.#size;
  }

  /** The class with the oldest task of the highest priority. */
  get first(): WaitingClass | null {
    return this.#blocks[0]?.classes[0] ?? null;
  }

  /** The class must have a task. */
  add(added: WaitingClass): void {
    added.orderedBy = added.orderKey!;
    this.#size++;
    const number = this.#blockOf(added.orderedBy);
    let block = this.#blocks[number];
    if (!block) {
      block = new Block(this.#blockSize);
      this.#blocks.push(block);
    } else if (block.size === this.#blockSize) {
      const other = block.split();
      this.#blocks.splice(number + 1, 0, other);
      if (added.orderedBy > other.classes[0]!.orderedBy) block = other;
    }
    block.insert(positionIn(block, added.orderedBy), added);
  }

  remove(removed: WaitingClass): void {
    this.#size--;
    const number = this.#blockOf(removed.orderedBy);
    const block = this.#blocks[number]!;
    block.remove(positionIn(block, removed.orderedBy));
    if (block.size === 0 && this.#blocks.length > 1) this.#blocks.splice(number, 1);
  }

  /** The oldest task of the class is another one than before. */
  reorder(moved: WaitingClass): void {
    if (this.#size === 1) {
      moved.orderedBy = moved.orderKey!;
      return;
    }
    this.remove(moved);
    this.add(moved);
  }

  /** The first class that the node takes, among those that come before `before`. */
  firstFitting(opening: Opening, before: string | null): WaitingClass | null {
    const { freeCpuMillis, freeMemoryBytes } = opening.node;
    for (const block of this.#blocks) {
      if (block.minCpu > freeCpuMillis || block.minMemory > freeMemoryBytes) continue;
      const { classes, cpu, memory, size } = block;
      for (let at = 0; at < size; at++) {
        if (cpu[at]! > freeCpuMillis || memory[at]! > freeMemoryBytes) continue;
        const candidate = classes[at]!;
        if (before !== null && candidate.orderedBy >= before) return null;
        if (opening.takes(candidate)) return candidate;
      }
    }
    return null;
  }

  *[Symbol.iterator](): Generator<WaitingClass> {
    for (const { classes } of this.#blocks) yield* classes;
  }

  /** The number of the last block that begins at or before `key`; 0 if there is none. */
  #blockOf(key: string): number {
    const after = firstIndex(1, this.#blocks.length, (at) => this.#blocks[at]!.classes[0]!.orderedBy > key);
    return after - 1;
  }
}

function positionIn({ classes }: Block, key: string): number {
  return firstIndex(0, classes.length, (at) => classes[at]!.orderedBy >= key);
}
