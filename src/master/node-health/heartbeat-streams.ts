// Heartbeats over two-way streams: any bytes of a worker are a heartbeat, and each gets a line as its answer, which is empty
// while the answer is the one before. What needs more than a renewed lease needs a request: then the stream ends.

import type { DuplexStream } from "../../lib/duplex.ts";
import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { NodeHealth } from "./node-health.ts";
import type { StreamReplacements } from "./stream-replacements.ts";

const asBefore = Uint8Array.of(0x0a);
const ends = "the master ends its streams";

interface OpenStream {
  stream: DuplexStream;
  /** Of the worker. Null if it is not known. */
  address: string | null;
}

export class HeartbeatStreams {
  readonly #health: NodeHealth;
  readonly #loop: TickLoop;
  readonly #replacements: StreamReplacements;
  /** At most one for each node. */
  readonly #open = new Map<NodeId, OpenStream>();
  #closed = false;

  constructor(health: NodeHealth, loop: TickLoop, replacements: StreamReplacements) {
    this.#health = health;
    this.#loop = loop;
    this.#replacements = replacements;
  }

  /** Answers the heartbeats of a stream until it ends. It replaces an earlier one of this node. */
  serve(node: NodeRecord, stream: DuplexStream, address: string | null): void {
    if (this.#closed) {
      stream.abort(ends);
      return;
    }
    const { nodeId } = node;
    const earlier = this.#open.get(nodeId);
    if (earlier) {
      earlier.stream.abort("the node has opened another stream of heartbeats");
      this.#replacements.note(node, earlier.address, address);
    }
    this.#open.set(nodeId, { stream, address });
    void stream.closed.then(() => {
      if (this.#open.get(nodeId)?.stream === stream) this.#open.delete(nodeId);
    });
    // A stream that breaks is no hint about its node: the lease, and the stream of assignments, say whether it is alive.
    this.#answer(nodeId, stream).catch((error: Error) => stream.abort(error.message));
  }

  /** Ends all of them, also those that come later. */
  close(): void {
    this.#closed = true;
    for (const { stream } of this.#open.values()) stream.abort(ends);
  }

  async #answer(nodeId: NodeId, stream: DuplexStream): Promise<void> {
    let last = "";
    while ((await stream.read()) !== null) {
      let text = this.#health.beat(nodeId);
      if (text !== null && text !== last) {
        // What the state says is not durable while an append is under way.
        for (let appending = this.#loop.whenDurable(); appending; appending = this.#loop.whenDurable()) await appending;
        text = this.#health.answer(nodeId);
      }
      if (text === null) break;
      await stream.write(text === last ? asBefore : new TextEncoder().encode(`${text}\n`));
      last = text;
    }
    stream.end();
  }
}
