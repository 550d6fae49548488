// The record kind of nodes.

import type { NodeId } from "../ids.ts";
import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import {
  type Node,
  type NodeRecord,
  type NodeUse,
  type PackedNode,
  packNode,
  unpackNode,
  viewNodeRecord,
} from "./node.ts";

export type NodeUpdate = Partial<Omit<NodeRecord, "nodeId">>;

type NodeStream = StreamForm<NodeRecord, Node, "nodeId" | "hostname", "node.registered", keyof NodeUse>;

export const nodeKind: Kind<NodeId, NodeRecord, PackedNode, NodeUpdate, "nodes", NodeStream> = {
  plural: "nodes",
  position: 1,
  idOf: ({ nodeId }) => nodeId,
  pack: packNode,
  unpack: unpackNode,
  update: (node, set) => ({ ...node, ...set }),
  view: viewNodeRecord,
  summary: ({ hostname, schedulable, status, draining }) => ({
    name: hostname,
    status: `${status}${schedulable ? "" : ", cordoned"}${draining ? ", draining" : ""}`,
    live: false,
  }),
  stream: {
    createdType: "node.registered",
    removedFields: ["nodeId", "hostname"],
    masterFields: ["runningTasks", "used", "lastHeartbeat"],
  },
  loadSchema: async () => (await import("./schema.ts")).packedNode,
  loadViewSchema: async () => (await import("./schema.ts")).nodeView,
  migrations: [{ to: 2, record: renameUnheard, update: renameUnheard }],
  limit: limits.nodes,
  whenFull: (count) => ({
    message: `the cluster has ${count} nodes, which is its limit`,
    hint: "Deregister nodes that are gone: podling node rm.",
  }),
  retention: "until it is removed",
};

/** Format 1 (release 0.1.0) said `unheard` for `unconfirmed`. */
function renameUnheard({ unheard, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return unheard === undefined ? fields : { ...fields, unconfirmed: unheard };
}
