// The answer to a heartbeat: the node, and when the next heartbeat is due.

import type { Node } from "../../model/node/node.ts";

/** A client that does not ask for the short answer also gets the fields of the node. */
export interface HeartbeatAnswer extends Partial<Omit<Node, "nodeId" | "engineError">> {
  nodeId: string;
  /** When the next heartbeat is due, in ms from now. */
  nextHeartbeatMs: number;
  /** After this long without a heartbeat the node counts as lost, in ms. */
  leaseMs: number;
  /** A worker that lost its master reconnects after a random delay of up to so many ms. Older masters do not send it: no delay. */
  reconnectWithinMs?: number;
  /** The engine error that the master has recorded: if it is outdated, the worker sends its own again. Older masters do not send it. */
  engineError?: string | null;
  /**
   * True when the master has an open assignment stream of this node. A worker that reads a stream which the master does
   * not have opens it again. Masters of 0.1.0 do not send it.
   */
  streamOpen?: boolean;
}
