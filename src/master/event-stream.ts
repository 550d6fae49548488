// One listener's stream of server-sent events: a bounded queue, keep-alive comments, and an end when the listener is
// too slow. What it missed it asks for again, by revision.

import type { CancelTimer, Clock } from "../lib/clock.ts";
import { formatEvent, keepAliveComment } from "../lib/sse.ts";
import { limits } from "../model/limits.ts";

const encoder = new TextEncoder();

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #clock: Clock;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #onClosed: (() => void) | null;
  #cancelKeepAlive: CancelTimer = () => {};
  /** Bytes of a whole set that may wait beyond the queue's bound: whoever asked for it is not slow yet. */
  #allowance = 0;

  constructor(clock: Clock, onClosed: () => void) {
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#closed(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: limits.streamQueueBytes }),
    );
    this.#write(keepAliveComment); // the first bytes: the listener knows that it listens
    this.#keepAlive();
  }

  /** `id`, where given, is the revision to resume after. */
  send(event: string, data: string, id?: number): void {
    this.#write(formatEvent(event, data, id));
  }

  /** Already formatted, so that a change for a hundred listeners is written out once. */
  sendFormatted(text: string): void {
    this.#write(text);
  }

  /** What a listener asked to begin with, already formatted: as much as it is, it does not make the listener slow. */
  sendFirst(text: string): void {
    this.#allowance += Buffer.byteLength(text);
    this.#write(text);
  }

  close(): void {
    if (!this.#onClosed) return;
    this.#closed();
    this.#controller.close();
  }

  #write(text: string): void {
    if (!this.#onClosed) return;
    this.#controller.enqueue(encoder.encode(text));
    const room = this.#controller.desiredSize ?? 0;
    if (room > 0) this.#allowance = 0;
    else if (room + this.#allowance <= 0) this.close();
  }

  #keepAlive(): void {
    this.#cancelKeepAlive = this.#clock.timer(limits.streamKeepAliveMs, () => {
      this.#write(keepAliveComment);
      this.#keepAlive();
    });
  }

  #closed(): void {
    this.#cancelKeepAlive();
    this.#onClosed?.();
    this.#onClosed = null;
  }
}
