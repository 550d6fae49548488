// Turns the entries of an engine's log into lines: selects whole lines, and puts the time at the beginning of each line
// only. The engine is asked for entries with their times; what the caller did not ask for is left out here.

import { concatenate, FrameSplitter, frameHeaderBytes, frameOf, streamOf } from "../../lib/frames.ts";
import {
  endsLine,
  entryTimeMs,
  LogEntries,
  type LogEntry,
  sameBytes,
  timeOf,
  withoutTime,
} from "../../lib/log-entry.ts";
import type { LogRequest } from "../containers.ts";

/** Where the last lines of a log begin: an entry, by its time and its number among those of the same time. */
export interface LogStart {
  time: Uint8Array;
  atMs: number;
  nth: number;
}

export type LinesOptions = Pick<LogRequest, "sinceMs" | "timestamps" | "stdout" | "stderr"> & {
  /** Where the lines begin. Null: with the first entry. */
  start: LogStart | null;
  /** So many lines at most; null: all. */
  count: number | null;
  shortestPartBytes: number;
};

/** Passes on the lines that the options select. */
export class LogLines {
  readonly #options: LinesOptions;
  readonly #entries: LogEntries;
  readonly #splitter = new FrameSplitter();
  /** Null when it has been reached. */
  #start: LogStart | null;
  #isFirst = true;
  #lines = 0;
  /** True while the line of an entry that continues one is passed on. */
  readonly #shown = { stdout: false, stderr: false };
  /** The time of a line that was passed on and did not end with a newline, by stream. */
  readonly #unended: { stdout: Uint8Array | null; stderr: Uint8Array | null } = { stdout: null, stderr: null };

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#start = options.start;
    this.#entries = new LogEntries(options.shortestPartBytes);
  }

  /** What to pass on of this chunk of the engine's answer; empty if nothing. Throws as FrameSplitter does. */
  push(chunk: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const frame of this.#splitter.push(chunk)) this.#add(this.#entries.next(frame), parts);
    return parts.length === 1 ? parts[0]! : concatenate(parts);
  }

  /** To be called at the end of the engine's answer. Throws as FrameSplitter does. */
  end(): void {
    this.#splitter.end();
  }

  #add(entry: LogEntry, parts: Uint8Array[]): void {
    const { timestamps } = this.#options;
    const stream = streamOf(entry.frame);
    if (this.#start !== null && !this.#reached(entry, this.#start)) return;
    this.#start = null;
    if (!entry.continues) {
      this.#endLine(stream, parts);
      this.#shown[stream] = this.#begins(entry);
    }
    if (!this.#shown[stream]) return;
    this.#unended[stream] = endsLine(entry) ? null : timeOf(entry);
    const withTime = timestamps === "entries" || (timestamps === "lines" && !entry.continues);
    parts.push(...(withTime ? [entry.frame] : withoutTime(entry)));
  }

  /** True from the entry with which the lines begin. If the log has grown so much that it is not among them: from the first. */
  #reached(entry: LogEntry, start: LogStart): boolean {
    const missed = this.#isFirst && entryTimeMs(entry) > start.atMs;
    this.#isFirst = false;
    return missed || (entry.nth === start.nth && sameBytes(timeOf(entry), start.time));
  }

  /** True when the line that begins with this entry is passed on. */
  #begins(entry: LogEntry): boolean {
    const { sinceMs, count } = this.#options;
    this.#lines++;
    if (count !== null && this.#lines > count) return false;
    return this.#options[streamOf(entry.frame)] && !(sinceMs !== null && entryTimeMs(entry) < sinceMs);
  }

  /** Ends the line of a program that ended without a newline, before the next run's first line follows. */
  #endLine(stream: "stdout" | "stderr", parts: Uint8Array[]): void {
    const time = this.#unended[stream];
    this.#unended[stream] = null;
    if (time === null) return;
    const text = Uint8Array.of(0x0a);
    parts.push(frameOf(stream, this.#options.timestamps === "entries" ? concatenate([time, text]) : text));
  }
}

/** Entries of stdout between two parts of one line of stderr, or the other way round: more are most unlikely. */
export const interleavedEntries = 16;

/** Finds where the last lines begin, in the last entries of a log. */
export class TailSearch {
  readonly #entries: LogEntries;
  readonly #splitter = new FrameSplitter();
  readonly #wanted: number;
  /** Where lines begin: the newest `wanted` ones. */
  readonly #starts: (LogStart & { certain: boolean })[] = [];
  readonly #seen = { stdout: false, stderr: false };
  #firstTime: Uint8Array | null = null;
  /** Entries so far. */
  count = 0;

  constructor(wanted: number, shortestPartBytes: number) {
    this.#wanted = wanted;
    this.#entries = new LogEntries(shortestPartBytes);
  }

  push(chunk: Uint8Array): void {
    for (const frame of this.#splitter.push(chunk)) {
      if (frame.length > frameHeaderBytes) this.#add(this.#entries.next(frame));
    }
  }

  #add(entry: LogEntry): void {
    const time = timeOf(entry).slice();
    const stream = streamOf(entry.frame);
    this.#firstTime ??= time;
    if (!entry.continues) {
      // The first entry of a stream may continue a line that began before these entries. And of entries with the time of the
      // first one some may be missing, so that their numbers are wrong.
      const seen = this.#seen[stream] || this.count >= interleavedEntries;
      const certain = seen && !sameBytes(time, this.#firstTime);
      this.#starts.push({ time, atMs: entryTimeMs(entry), nth: entry.nth, certain });
      if (this.#starts.length > this.#wanted) this.#starts.shift();
    }
    this.#seen[stream] = true;
    this.count++;
  }

  /**
   * The start of the last lines; null: the log has no more lines than these. `whole`: these are all entries of the log.
   * "more-entries" if these entries do not tell.
   */
  start(whole: boolean): LogStart | null | "more-entries" {
    const enough = this.#starts.length === this.#wanted;
    if (whole) return enough ? this.#starts[0]! : null;
    return enough && this.#starts.every(({ certain }) => certain) ? this.#starts[0]! : "more-entries";
  }
}
