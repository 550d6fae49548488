// Heartbeats over two-way streams: any bytes of a worker are a heartbeat, and each gets a line as its answer, which is empty
// while the answer is the one before. What needs more than a renewed lease needs a request: then the stream ends.

import type { DuplexListener, DuplexStream } from "../../lib/duplex.ts";
import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { NodeHealth } from "./node-health.ts";
import type { StreamReplacements } from "./stream-replacements.ts";

const asBefore = Uint8Array.of(0x0a);
const ends = "the master ends its streams";

interface OpenStream {
  stream: DuplexStream;
  /** The address of the worker; null if it is not known. */
  address: string | null;
  /** The process of the worker; null if it did not say. */
  instance: string | null;
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
    const { instance } = node;
    if (this.#closed) {
      stream.abort(ends);
      return;
    }
    const { nodeId } = node;
    const earlier = this.#open.get(nodeId);
    if (earlier) {
      earlier.stream.abort("the node has opened another stream of heartbeats");
      // Processes that say which they are cannot share a node.
      if (earlier.instance === instance) this.#replacements.note(node, earlier.address, address);
    }
    this.#open.set(nodeId, { stream, address, instance });
    void stream.closed.then(() => {
      if (this.#open.get(nodeId)?.stream === stream) this.#open.delete(nodeId);
    });
    // A stream that breaks is no hint about its node: the lease, and the stream of assignments, say whether it is alive.
    stream.listen(new ServedStream(node, stream, this.#health, this.#loop));
  }

  /** Ends all of them, also those that come later. */
  close(): void {
    this.#closed = true;
    for (const { stream } of this.#open.values()) stream.abort(ends);
  }
}

/** Answers the heartbeats of one stream, in order. */
class ServedStream implements DuplexListener {
  readonly #nodeId: NodeId;
  /** The process whose heartbeats these are. */
  readonly #instance: string | null;
  readonly #stream: DuplexStream;
  readonly #health: NodeHealth;
  readonly #loop: TickLoop;
  #last = "";
  /** Heartbeats that are not answered yet. */
  #beats = 0;
  /** True while an answer waits: until the state is durable, or until the worker has read what was sent. */
  #waiting = false;

  constructor({ nodeId, instance }: NodeRecord, stream: DuplexStream, health: NodeHealth, loop: TickLoop) {
    this.#nodeId = nodeId;
    this.#instance = instance;
    this.#stream = stream;
    this.#health = health;
    this.#loop = loop;
  }

  onBytes(): void {
    this.#beats++;
    if (!this.#waiting) this.#answerAll();
  }

  onEnd(): void {
    this.#stream.end();
  }

  onBroken(): void {}

  #answerAll(): void {
    try {
      for (; this.#beats > 0 && !this.#waiting; this.#beats--) {
        const sending = this.#answer(this.#health.beat(this.#nodeId, this.#instance));
        if (sending) this.#waitFor(sending);
      }
    } catch (error) {
      this.#stream.abort((error as Error).message);
    }
  }

  /** Sends an answer, or ends the stream if it is null. A promise if that takes time. */
  #answer(text: string | null): Promise<void> | null {
    if (text === null) {
      this.#stream.end();
      return null;
    }
    if (text === this.#last) return this.#send(asBefore);
    // What the state says is not durable while an append is under way.
    const appending = this.#loop.whenDurable();
    if (appending) return this.#answerAfter(appending);
    this.#last = text;
    return this.#send(new TextEncoder().encode(`${text}\n`));
  }

  async #answerAfter(appending: Promise<void>): Promise<void> {
    await appending;
    await this.#answer(this.#health.answer(this.#nodeId));
  }

  #send(bytes: Uint8Array): Promise<void> | null {
    return this.#stream.trySend(bytes) ? null : this.#stream.write(bytes);
  }

  #waitFor(sending: Promise<void>): void {
    this.#waiting = true;
    sending.then(
      () => {
        this.#waiting = false;
        this.#answerAll();
      },
      (error: Error) => this.#stream.abort(error.message),
    );
  }
}
