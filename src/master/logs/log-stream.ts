// One log stream from a worker, shared by its readers. It reads as long as a reader waits, keeps the latest entries in a
// window of bounded size, and detaches a reader that falls behind the window, so that a slow reader does not delay others.

import type { Clock } from "../../lib/clock.ts";
import { FrameSplitter, frameHeaderBytes } from "../../lib/frames.ts";
import { entryTimeMs, LogEntries, type LogEntry, sameBytes, timeOf } from "../../lib/log-entry.ts";
import { limits } from "../../model/limits.ts";
import type { LogPosition } from "./log-entry.ts";

/** A reader of a stream. `next` is the number of the first entry that it has not received. */
export interface LogReader {
  next: number;
  /** Called when the reader has fallen behind, or when the stream is closed for another one. */
  detach(where: Detached): void;
}

/** The position to continue at; or the beginning, if the reader received nothing; or none, if the engine sent no times. */
export type Detached = LogPosition | "where-it-began" | "nowhere";

export interface LogStreamOptions {
  clock: Clock;
  /** The position of the reader that opened it; entries before it are skipped. Null for a stream from the beginning. */
  point: LogPosition | null;
  /** Called when the last reader has left and the stream is closed. */
  onClosed: () => void;
}

type Body = { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };

/** Memory of an entry, beside its bytes. */
const entryOverheadBytes = 200;
/** Entries of stdout and stderr can be out of order by so much. */
export const outOfOrderMs = 1000;

export class LogStream {
  readonly #options: LogStreamOptions;
  readonly #readers = new Set<LogReader>();
  readonly #splitter = new FrameSplitter();
  readonly #received = new LogEntries();
  #body: Body | null = null;
  #entries: LogEntry[] = [];
  /** The number of the first entry in the window. */
  #first = 0;
  #bytes = 0;
  #waiting: (() => void)[] = [];
  #reading = false;
  #point: LogPosition | null;
  /** Since when no reader has waited for entries; null while one waits. */
  idleSince: number | null = null;
  ended = false;
  error: Error | null = null;

  constructor(options: LogStreamOptions) {
    this.#options = options;
    this.#point = options.point;
  }

  /** True when the window has all entries so far: a reader that joins misses none. */
  get whole(): boolean {
    return this.#first === 0 && !this.ended;
  }

  begin(body: ReadableStream<Uint8Array>): void {
    this.#body = body.getReader();
    if (this.#readers.size === 0) void this.#close();
  }

  /** Adds a reader at the first entry, or with a tail at so many lines before the end. */
  join(reader: LogReader, tail: number | null): void {
    reader.next = this.#first + (tail === null ? 0 : this.#lastLines(tail));
    this.#readers.add(reader);
  }

  /** The index of the entry that begins so many lines before the end; 0 if there are not so many. */
  #lastLines(count: number): number {
    let index = this.#entries.length;
    for (let lines = 0; lines < count && index > 0; index--) if (!this.#entries[index - 1]!.continues) lines++;
    return index;
  }

  holds(reader: LogReader): boolean {
    return this.#readers.has(reader);
  }

  leave(reader: LogReader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) void this.#close();
  }

  /** The reader's next entries, of about `maxBytes` at most; empty if there are none yet. */
  take(reader: LogReader, maxBytes: number): LogEntry[] {
    const from = reader.next - this.#first;
    let to = from;
    for (let bytes = 0; to < this.#entries.length && bytes < maxBytes; to++) bytes += this.#entries[to]!.frame.length;
    reader.next = this.#first + to;
    return this.#entries.slice(from, to);
  }

  /** Resolves when there are more entries, or the stream has ended. */
  more(): Promise<void> {
    this.idleSince = null;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      void this.#read();
    });
  }

  /** Detaches all readers, each at its position, and closes the stream. */
  dissolve(): void {
    for (const reader of [...this.#readers]) this.#detach(reader);
    void this.#close();
  }

  async #close(): Promise<void> {
    this.ended = true;
    this.#entries = [];
    this.#wake();
    this.#options.onClosed();
    await this.#body?.cancel().catch(() => {}); // it may have ended already
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
    this.#splitter.end();
    if (this.#point) this.error = new Error("the engine has deleted the next entries");
    this.ended = true;
  }

  #wake(): void {
    this.idleSince = this.#options.clock.elapsed();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #append(chunk: Uint8Array): void {
    const before = this.#first + this.#entries.length;
    for (const frame of this.#splitter.push(chunk)) {
      if (frame.length === frameHeaderBytes) continue; // a worker's first frame, which only shows that the log is open
      const entry = this.#received.next(frame);
      if (this.#point && !this.#goesOn(entry, this.#point)) continue;
      this.#entries.push(entry);
      this.#bytes += frame.length + entryOverheadBytes;
    }
    this.#shrink(before);
  }

  /** True for the first entry after the position. Throws if the position is missing: the engine has deleted that entry. */
  #goesOn(entry: LogEntry, point: LogPosition): boolean {
    if (entry.nth === point.nth && sameBytes(timeOf(entry), point.time)) {
      this.#point = null;
      return !point.given;
    }
    if (entryTimeMs(entry) > point.atMs + outOfOrderMs) throw new Error("the engine has deleted the next entries");
    return false;
  }

  /** Drops the oldest entries beyond the window's size, but none that have just arrived. */
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
