// One client's stream of server-sent events: a bounded queue, keep-alive comments, and an end if the client reads too
// slowly. The client can resume by revision.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { concatenate } from "../../lib/frames.ts";
import { formatEvent, keepAliveComment } from "../../lib/sse.ts";
import { limits } from "../../model/limits.ts";

const encoder = new TextEncoder();

/** Passed to the socket at once. The socket copies what it gets, once for each client; the queues of clients share bytes. */
const chunkBytes = 64 * 1024;

/** Encodes events once for all clients that get them: their queues share the bytes. */
export function encodeEvents(text: string): Uint8Array {
  return encoder.encode(text);
}

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #clock: Clock;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #onClosed: (() => void) | null;
  #cancelKeepAlive: CancelTimer = () => {};
  /** Bytes, or an iterator of pieces that are made when the client reads them; such pieces do not count as queued. */
  #queue: (Uint8Array | Iterator<Uint8Array>)[] = [];
  #queuedBytes = 0;
  /** Bytes that may wait beyond the queue's limit: a client that asked for a whole set is not slow yet. */
  #allowance = 0;
  /** Nothing more is queued; the stream ends with the queue. */
  #ends = false;

  constructor(clock: Clock, onClosed: () => void) {
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#flush(),
      cancel: () => this.#closed(),
    });
    this.#write(keepAliveBytes); // the first bytes show the client that the stream is open
    this.#keepAlive();
  }

  /** `id`: the revision to resume after. */
  send(event: string, data: string, id?: number): void {
    this.#write(encoder.encode(formatEvent(event, data, id)));
  }

  /** Sends events that encodeEvents() has encoded. */
  sendEncoded(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  /** Sends the set that a stream begins with. Its size does not count towards the limit of the queue. */
  sendFirst(bytes: Uint8Array): void {
    this.#allowance += bytes.length;
    this.#write(bytes);
  }

  /** Sends events that are made piece by piece, as fast as the client reads. */
  sendPieces(pieces: Iterator<Uint8Array>): void {
    if (!this.#onClosed) return;
    this.#queue.push(pieces);
    this.#flush();
  }

  /** Ends the stream after the events that are queued, when the client has read them. */
  close(): void {
    if (!this.#onClosed) return;
    this.#ends = true;
    this.#release();
    this.#flush();
  }

  #write(bytes: Uint8Array): void {
    if (!this.#onClosed) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#flush();
    if (this.#queuedBytes === 0) this.#allowance = 0;
    else if (this.#queuedBytes > limits.streamQueueBytes + this.#allowance) this.#cutOff();
  }

  #flush(): void {
    while (this.#queue.length > 0 && (this.#controller.desiredSize ?? 0) > 0) {
      const bytes = this.#next();
      if (bytes) this.#controller.enqueue(bytes);
    }
    if (!this.#ends || this.#queue.length > 0) return;
    this.#ends = false;
    this.#controller.close();
  }

  /** The next bytes for the socket. Null if the first entry of the queue was an iterator that has ended. */
  #next(): Uint8Array | null {
    const [first] = this.#queue;
    if (!(first instanceof Uint8Array)) {
      const { done, value } = first!.next();
      if (done) this.#queue.shift();
      return done ? null : value;
    }
    if (first.length > chunkBytes) {
      this.#queue[0] = first.subarray(chunkBytes);
      this.#queuedBytes -= chunkBytes;
      return first.subarray(0, chunkBytes);
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (const next of this.#queue) {
      if (!(next instanceof Uint8Array) || (parts.length > 0 && bytes + next.length > chunkBytes)) break;
      parts.push(next);
      bytes += next.length;
    }
    this.#queue.splice(0, parts.length);
    this.#queuedBytes -= bytes;
    return parts.length === 1 ? parts[0]! : concatenate(parts);
  }

  /** Disconnects a slow client; it can resume by revision. */
  #cutOff(): void {
    this.#closed();
    this.#controller.close();
  }

  #keepAlive(): void {
    this.#cancelKeepAlive = this.#clock.timer(limits.streamKeepAliveMs, () => {
      this.#write(keepAliveBytes);
      if (this.#onClosed) this.#keepAlive(); // null if this write was one too many for a slow client
    });
  }

  #closed(): void {
    this.#ends = false;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#release();
  }

  #release(): void {
    this.#cancelKeepAlive();
    this.#onClosed?.();
    this.#onClosed = null;
  }
}

const keepAliveBytes = encoder.encode(keepAliveComment);
