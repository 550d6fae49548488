// The nodes that gained capacity, ordered by the oldest waiting task that each can take: a binary heap. While tasks are
// placed, nodes only lose capacity and classes only lose tasks, so what an entry says is a lower bound, and is computed
// again when the entry reaches the top.

import type { TaskId } from "../../../model/ids.ts";
import type { NodeInfo } from "../index/node-info.ts";
import type { TriedClasses } from "./tried-classes.ts";
import type { WaitingClass } from "./waiting-class.ts";

interface Entry {
  node: NodeInfo;
  candidate: WaitingClass;
  /** The oldest task of the candidate when the entry was computed. */
  taskId: TaskId;
}

export class GainQueue {
  readonly #tried: TriedClasses;
  readonly #onExhausted: (node: NodeInfo) => void;
  readonly #heap: Entry[] = [];

  /** `onExhausted` is called for each node that no waiting task fits. */
  constructor(nodes: Iterable<NodeInfo>, tried: TriedClasses, onExhausted: (node: NodeInfo) => void) {
    this.#tried = tried;
    this.#onExhausted = onExhausted;
    for (const node of nodes) this.#push(node);
  }

  /** The class with the oldest task that fits one of the nodes; null if none fits any. */
  get oldest(): WaitingClass | null {
    for (;;) {
      const top = this.#heap[0];
      if (!top) return null;
      const { node, candidate, taskId } = top;
      if (candidate.taskIds.first === taskId && candidate.fits(node)) return candidate;
      this.#pop();
      this.#push(node);
    }
  }

  /** The nodes that may still fit a waiting task, in no order. */
  get nodes(): readonly NodeInfo[] {
    return this.#heap.map(({ node }) => node);
  }

  get size(): number {
    return this.#heap.length;
  }

  #push(node: NodeInfo): void {
    const candidate = this.#tried.oldestFitting(node);
    if (candidate === null) {
      this.#onExhausted(node);
      return;
    }
    const heap = this.#heap;
    const entry = { node, candidate, taskId: candidate.orderedBy };
    let at = heap.length;
    heap.push(entry);
    for (;;) {
      const parent = (at - 1) >>> 1;
      if (at === 0 || heap[parent]!.taskId <= entry.taskId) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.taskId < heap[child]!.taskId) child++;
      if (heap[child]!.taskId >= last.taskId) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
