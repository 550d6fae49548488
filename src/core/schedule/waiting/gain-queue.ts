// The nodes that gained capacity, ordered by the oldest waiting task that each can take. While tasks are placed, nodes
// only lose capacity and classes only lose tasks, so what an entry says is a lower bound, and is computed again when the
// entry comes first. A node that gains meanwhile is added once more; it may have several entries.

import { Heap } from "../../../lib/heap.ts";
import type { NodeInfo } from "../index/node-info.ts";
import type { TriedClasses } from "./tried-classes.ts";
import type { WaitingClass } from "./waiting-class.ts";

interface Entry {
  node: NodeInfo;
  candidate: WaitingClass;
  /** Where the candidate was in the order of classes when the entry was computed. */
  key: string;
}

export class GainQueue {
  readonly #tried: TriedClasses;
  readonly #onExhausted: (node: NodeInfo) => void;
  readonly #heap = new Heap<Entry>((left, right) => left.key < right.key);

  /** `onExhausted` is called for each node that no waiting task fits. */
  constructor(nodes: Iterable<NodeInfo>, tried: TriedClasses, onExhausted: (node: NodeInfo) => void) {
    this.#tried = tried;
    this.#onExhausted = onExhausted;
    for (const node of nodes) this.#push(node);
  }

  /** The class with the oldest task that fits one of the nodes; null if none fits any. */
  get oldest(): WaitingClass | null {
    for (;;) {
      const { first } = this.#heap;
      if (!first) return null;
      const { node, candidate, key } = first;
      if (candidate.orderKey === key && candidate.fits(node)) return candidate;
      this.#heap.pop();
      this.#push(node);
    }
  }

  /** The node may fit more tasks than when it was added: a task was placed on it that others must be near. */
  add(node: NodeInfo): void {
    this.#push(node);
  }

  /** The nodes that may still fit a waiting task, in no order. */
  get nodes(): readonly NodeInfo[] {
    return this.#heap.entries.map(({ node }) => node);
  }

  get size(): number {
    return this.#heap.size;
  }

  #push(node: NodeInfo): void {
    const candidate = this.#tried.oldestFitting(node);
    if (candidate === null) {
      this.#onExhausted(node);
      return;
    }
    this.#heap.push({ node, candidate, key: candidate.orderedBy });
  }
}
