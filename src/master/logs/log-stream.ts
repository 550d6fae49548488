// One reading of one log from its worker, shared by all who follow it. It reads on as long as anybody waits, keeps the
// latest entries in a window of a bounded size, and lets go of whoever falls behind that window: nobody holds up others.

import { FrameSplitter, frameHeaderBytes } from "../../lib/frames.ts";
import { limits } from "../../model/limits.ts";
import { entryOf, entryTimeMs, type LogEntry, type LogPosition, sameBytes, timeOf } from "./log-entry.ts";

/** Whoever reads from a stream. `next` is the number of the first entry that it has not been given. */
export interface LogReader {
  next: number;
  /** It has fallen behind, or its place is needed. */
  detach(where: Detached): void;
}

/** Where it goes on; or it has been given nothing by this stream; or the engine gave no times to find the place again by. */
export type Detached = LogPosition | "where-it-began" | "nowhere";

export interface LogStreamOptions {
  now: () => number;
  /** Where whoever opened it goes on; what comes before is left out. */
  point: LogPosition | null;
  /** The last reader has gone: it is closed. */
  onClosed: () => void;
}

type Body = { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };

/** What an entry costs beside its bytes. */
const entryOverheadBytes = 200;
/** Entries of two writers can stand a little out of the order of their times. */
export const outOfOrderMs = 1000;

export class LogStream {
  readonly #options: LogStreamOptions;
  readonly #readers = new Set<LogReader>();
  readonly #splitter = new FrameSplitter();
  #body: Body | null = null;
  #entries: LogEntry[] = [];
  /** The number of the first entry in the window. */
  #first = 0;
  #bytes = 0;
  #newest: LogEntry | null = null;
  #waiting: (() => void)[] = [];
  #reading = false;
  #point: LogPosition | null;
  /** Nobody has waited since then; null: somebody does. */
  idleSince: number | null = null;
  ended = false;
  error: Error | null = null;

  constructor(options: LogStreamOptions) {
    this.#options = options;
    this.#point = options.point;
  }

  /** The window still has everything that has come: whoever joins misses nothing. */
  get whole(): boolean {
    return this.#first === 0 && !this.ended;
  }

  begin(body: ReadableStream<Uint8Array>): void {
    this.#body = body.getReader();
    if (this.#readers.size === 0) void this.#close();
  }

  /** From the first entry, or with a tail from so many before the newest. */
  join(reader: LogReader, tail: number | null): void {
    const end = this.#first + this.#entries.length;
    reader.next = tail === null ? this.#first : Math.max(this.#first, end - tail);
    this.#readers.add(reader);
  }

  holds(reader: LogReader): boolean {
    return this.#readers.has(reader);
  }

  leave(reader: LogReader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) void this.#close();
  }

  /** Its next entries, at most about so many bytes of them; none: there is nothing new. */
  take(reader: LogReader, maxBytes: number): LogEntry[] {
    const from = reader.next - this.#first;
    let to = from;
    for (let bytes = 0; to < this.#entries.length && bytes < maxBytes; to++) bytes += this.#entries[to]!.frame.length;
    reader.next = this.#first + to;
    return this.#entries.slice(from, to);
  }

  /** Resolves when there is more, or an end. */
  more(): Promise<void> {
    this.idleSince = null;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      void this.#read();
    });
  }

  /** Lets go of all readers, each at its place: this reading of the log is needed by others. */
  dissolve(): void {
    for (const reader of [...this.#readers]) this.#detach(reader);
    void this.#close();
  }

  async #close(): Promise<void> {
    this.ended = true;
    this.#entries = [];
    this.#wake();
    this.#options.onClosed();
    await this.#body?.cancel().catch(() => {}); // it may have ended by itself
  }

  async #read(): Promise<void> {
    if (this.#reading || !this.#body) return;
    this.#reading = true;
    while (this.#waiting.length > 0 && !this.ended) {
      try {
        const { done, value } = await this.#body.read();
        if (this.ended) break;
        if (done || !value) this.#end();
        else this.#append(value);
      } catch (error) {
        this.error = error as Error;
        this.ended = true;
      }
      this.#wake();
    }
    this.#reading = false;
    if (this.ended) this.#wake();
  }

  #end(): void {
    if (this.#point) this.error = new Error("the engine no longer has what comes next");
    this.ended = true;
  }

  #wake(): void {
    this.idleSince = this.#options.now();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #append(chunk: Uint8Array): void {
    const before = this.#first + this.#entries.length;
    for (const frame of this.#splitter.push(chunk)) {
      if (frame.length === frameHeaderBytes) continue; // a worker's first, which says that it answers
      const entry = entryOf(frame, this.#newest);
      this.#newest = entry;
      if (this.#point && !this.#goesOn(entry, this.#point)) continue;
      this.#entries.push(entry);
      this.#bytes += frame.length + entryOverheadBytes;
    }
    this.#shrink(before);
  }

  /** Is it the first that has not been given? Throws when the point must have come, and did not: it is gone. */
  #goesOn(entry: LogEntry, point: LogPosition): boolean {
    if (entry.nth === point.nth && sameBytes(timeOf(entry), point.time)) {
      this.#point = null;
      return !point.given;
    }
    if (entryTimeMs(entry) > point.atMs + outOfOrderMs) throw new Error("the engine no longer has what comes next");
    return false;
  }

  /** Drops the oldest entries above the window's size, but none of those that have just come. */
  #shrink(before: number): void {
    let drop = 0;
    for (; this.#bytes > limits.logWindowBytes && this.#first + drop < before; drop++) {
      this.#bytes -= this.#entries[drop]!.frame.length + entryOverheadBytes;
    }
    if (drop === 0) return;
    for (const reader of [...this.#readers]) if (reader.next < this.#first + drop) this.#detach(reader);
    this.#entries.splice(0, drop);
    this.#first += drop;
  }

  #detach(reader: LogReader): void {
    this.#readers.delete(reader);
    reader.detach(this.#whereOf(reader));
  }

  #whereOf({ next }: LogReader): Detached {
    const at = next - this.#first;
    const given = at === this.#entries.length;
    const index = given ? at - 1 : at;
    const entry = this.#entries[index];
    if (!entry) return "where-it-began";
    const atMs = entryTimeMs(entry);
    return Number.isNaN(atMs) ? "nowhere" : { time: timeOf(entry).slice(), atMs, nth: entry.nth, given };
  }
}
