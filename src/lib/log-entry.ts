// The entries of an engine's log: frames whose payload begins with the time at which it was written. An engine divides a
// long line into several entries (Docker: of 16 KiB), so an entry is not a line: one without a newline goes on in the next
// entry of the same stream.

import { frameHeaderBytes, streamOf } from "./frames.ts";

export interface LogEntry {
  /** With its header and time. */
  frame: Uint8Array;
  /** Bytes of the time and the space after it; 0 if the engine sent no time. */
  timeBytes: number;
  /** The number of entries with the same time directly before it. */
  nth: number;
  /** True when it goes on with a line that an earlier entry has begun. */
  continues: boolean;
}

/** A time in RFC 3339 with nanoseconds and an offset has 35 characters. */
const longestTimeBytes = 40;
const [space, dash, letterT, newline] = [0x20, 0x2d, 0x54, 0x0a];

/** Makes entries of frames, which are handed in one after the other. */
export class LogEntries {
  readonly #shortestPartBytes: number;
  #newest: LogEntry | null = null;
  readonly #openLines = { stdout: false, stderr: false };

  /**
   * An entry without a newline that is shorter is not a part of a line: it is the end of what a program wrote before it
   * ended. 1 where the engine says nothing about the length of parts.
   */
  constructor(shortestPartBytes = 1) {
    this.#shortestPartBytes = shortestPartBytes;
  }

  next(frame: Uint8Array): LogEntry {
    const stream = streamOf(frame);
    const before = this.#newest;
    const timeBytes = timeBytesOf(frame.subarray(frameHeaderBytes));
    const entry = { frame, timeBytes, nth: 0, continues: this.#openLines[stream] };
    if (before && sameBytes(timeOf(entry), timeOf(before))) entry.nth = before.nth + 1;
    this.#openLines[stream] = !endsLine(entry) && textBytes(entry) >= this.#shortestPartBytes;
    this.#newest = entry;
    return entry;
  }
}

/** "2025-01-19T12:34:56.123456789Z " */
function timeBytesOf(payload: Uint8Array): number {
  if (payload[4] !== dash || payload[7] !== dash || payload[10] !== letterT) return 0;
  const end = payload.subarray(0, longestTimeBytes).indexOf(space);
  return end < 0 ? 0 : end + 1;
}

/** Empty if the engine sent no time. */
export function timeOf({ frame, timeBytes }: LogEntry): Uint8Array {
  return frame.subarray(frameHeaderBytes, frameHeaderBytes + timeBytes);
}

/** NaN if the engine sent no time. */
export function entryTimeMs(entry: LogEntry): number {
  return Date.parse(new TextDecoder().decode(timeOf(entry)).trimEnd());
}

/** True when the text ends with a newline. */
export function endsLine({ frame }: LogEntry): boolean {
  return frame.at(-1) === newline && frame.length > frameHeaderBytes;
}

function textBytes({ frame, timeBytes }: LogEntry): number {
  return frame.length - frameHeaderBytes - timeBytes;
}

/** The entry's header and text, without its time. */
export function withoutTime({ frame, timeBytes }: LogEntry): Uint8Array[] {
  if (timeBytes === 0) return [frame];
  const text = frame.subarray(frameHeaderBytes + timeBytes);
  const header = frame.slice(0, frameHeaderBytes);
  new DataView(header.buffer).setUint32(4, text.length);
  return [header, text];
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
