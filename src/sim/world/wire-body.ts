// A body as it arrives at one end of the simulated network, at a client or at a server: what readers ask of the platform's
// ReadableStream, which is to go through it once, without the cost of one.

type Result = IteratorResult<Uint8Array, undefined>;

/** Takes what arrives of a body. */
export interface Sink {
  enqueue(chunk: Uint8Array): void;
  close(): void;
  error(reason: unknown): void;
}

const end: Result = { done: true, value: undefined };

export class WireBody implements Sink, AsyncIterableIterator<Uint8Array, undefined> {
  readonly #onLeft: () => void;
  readonly #arrived: Uint8Array[] = [];
  #reader: { resolve: (result: Result) => void; reject: (reason: unknown) => void } | null = null;
  #closed = false;
  /** Null unless it broke. */
  #broken: { reason: unknown } | null = null;

  /** `onLeft`: its reader goes no further. */
  constructor(onLeft: () => void) {
    this.#onLeft = onLeft;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const value = this.#arrived.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#broken !== null) return Promise.reject(this.#broken.reason);
    if (this.#closed) return Promise.resolve(end);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<Result> {
    this.#closed = true;
    this.#arrived.length = 0;
    this.#onLeft();
    return Promise.resolve(end);
  }

  enqueue(value: Uint8Array): void {
    const reader = this.#reader;
    this.#reader = null;
    if (reader) reader.resolve({ done: false, value });
    else if (!this.#closed) this.#arrived.push(value);
  }

  close(): void {
    this.#closed = true;
    this.#reader?.resolve(end);
    this.#reader = null;
  }

  /** What arrived and was not read is lost, as on a connection that is reset. */
  error(reason: unknown): void {
    this.#broken = { reason };
    this.#arrived.length = 0;
    this.#reader?.reject(reason);
    this.#reader = null;
  }
}
