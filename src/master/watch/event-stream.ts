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
  #queue: Uint8Array[] = [];
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
      const [first] = this.#queue;
      if (first!.length > chunkBytes) {
        this.#queue[0] = first!.subarray(chunkBytes);
        this.#queuedBytes -= chunkBytes;
        this.#controller.enqueue(first!.subarray(0, chunkBytes));
        continue;
      }
      let count = 1;
      let bytes = first!.length;
      while (count < this.#queue.length && bytes + this.#queue[count]!.length <= chunkBytes) {
        bytes += this.#queue[count++]!.length;
      }
      const parts = this.#queue.splice(0, count);
      this.#queuedBytes -= bytes;
      this.#controller.enqueue(parts.length === 1 ? parts[0]! : concatenate(parts));
    }
    if (!this.#ends || this.#queue.length > 0) return;
    this.#ends = false;
    this.#controller.close();
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
