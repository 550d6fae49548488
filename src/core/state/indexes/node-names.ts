// Nodes by the host names that their workers gave, also where the node got another name.

import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Index } from "../delta.ts";

const none: ReadonlySet<NodeId> = new Set();

export class NodeNames implements Index<NodeRecord> {
  readonly #byName = new Map<string, Set<NodeId>>();

  /** The nodes that have this name or asked for it, in no order. */
  of(name: string): ReadonlySet<NodeId> {
    return this.#byName.get(name) ?? none;
  }

  moved(before: NodeRecord | null, after: NodeRecord | null): void {
    if (before?.hostname === after?.hostname && before?.askedHostname === after?.askedHostname) return;
    if (before) for (const name of namesOf(before)) this.#remove(name, before.nodeId);
    if (after) for (const name of namesOf(after)) this.#add(name, after.nodeId);
  }

  #add(name: string, nodeId: NodeId): void {
    const nodes = this.#byName.get(name);
    if (nodes) nodes.add(nodeId);
    else this.#byName.set(name, new Set([nodeId]));
  }

  #remove(name: string, nodeId: NodeId): void {
    const nodes = this.#byName.get(name);
    nodes?.delete(nodeId);
    if (nodes?.size === 0) this.#byName.delete(name);
  }
}

function namesOf({ hostname, askedHostname }: NodeRecord): string[] {
  return askedHostname === null ? [hostname] : [hostname, askedHostname];
}
