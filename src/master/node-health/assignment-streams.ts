// Counts the open assignment streams of each node, and tells one listener when a node's stream opens and when its last
// one ends. The streams themselves belong to watch/; node health only needs to know whether a node has one.

import type { NodeId } from "../../model/ids.ts";

export interface AssignmentStreamListener {
  /** A worker has opened a stream of this node's assignments. */
  streamOpened(nodeId: NodeId): void;
  /** The last open stream of this node has ended. */
  streamBroken(nodeId: NodeId): void;
}

export class AssignmentStreams {
  readonly #open = new Map<NodeId, number>();
  /** Null until node health listens. */
  #listener: AssignmentStreamListener | null = null;

  listen(listener: AssignmentStreamListener): void {
    this.#listener = listener;
  }

  isOpen(nodeId: NodeId): boolean {
    return this.#open.has(nodeId);
  }

  opened(nodeId: NodeId): void {
    this.#open.set(nodeId, (this.#open.get(nodeId) ?? 0) + 1);
    this.#listener?.streamOpened(nodeId);
  }

  /** The node has another worker: those that were opened until now do not count any more. */
  replaced(nodeId: NodeId): void {
    this.#open.delete(nodeId);
  }

  ended(nodeId: NodeId): void {
    const left = (this.#open.get(nodeId) ?? 0) - 1;
    if (left > 0) {
      this.#open.set(nodeId, left);
      return;
    }
    this.#open.delete(nodeId);
    this.#listener?.streamBroken(nodeId);
  }
}
