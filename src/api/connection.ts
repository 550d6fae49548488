// What a server knows of the connection that a request came over. The owner of the sockets provides it: the real servers
// over Bun.serve, the simulated network over its exchanges.

import type { DuplexStream } from "../lib/duplex.ts";
import type { NodeId } from "../model/ids.ts";

/** Who is at the other end. */
export interface Peer {
  /** IP address; null if there is no socket. */
  address: string | null;
  /** The node that the transport has authenticated; left out if it has not. */
  node?: NodeId;
  /** The client name that the transport has authenticated; left out if it has not. */
  client?: string;
}

/** Called with the stream once the connection is upgraded. */
export type StreamHandler = (stream: DuplexStream) => void;

export interface Connection {
  peer(): Peer;
  /** Without it, the server closes a connection that is silent for `limits.idleConnectionMs`. */
  disableIdleTimeout(): void;
  /**
   * Turns the connection into a two-way stream. False if the request does not ask for that. After true, the answer to
   * the request must be `upgraded()`.
   */
  upgrade(handler: StreamHandler): boolean;
}

/** The answer to a request whose connection was upgraded. Servers recognise it by its status, 101. */
export function upgraded(): Response {
  return new Response(null, { status: 101 });
}
