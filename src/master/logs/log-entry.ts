// One entry of a log as a worker sends it: a frame whose payload begins with the time at which it was written. Subscribers
// get it with or without the time, as a frame or as plain text.

import { frameHeaderBytes } from "../../lib/frames.ts";

export interface LogEntry {
  /** With its header and time. */
  frame: Uint8Array;
  /** Bytes of the time and the space after it; 0 if the engine sent no time. */
  timeBytes: number;
  /** The number of entries with the same time directly before it. */
  nth: number;
}

/** How a subscriber gets entries. */
export interface LogFormat {
  framed: boolean;
  timestamps: boolean;
}

/** Where a subscriber continues: an entry, identified by its time and its number among those of the same time. */
export interface LogPosition {
  time: Uint8Array;
  atMs: number;
  nth: number;
  /** True when the subscriber has received this entry, and continues after it. */
  given: boolean;
}

/** A time in RFC 3339 with nanoseconds and an offset has 35 characters. */
const longestTimeBytes = 40;
const [space, dash, letterT] = [0x20, 0x2d, 0x54];

export function entryOf(frame: Uint8Array, before: LogEntry | null): LogEntry {
  const entry = { frame, timeBytes: timeBytesOf(frame.subarray(frameHeaderBytes)), nth: 0 };
  if (before && sameBytes(timeOf(entry), timeOf(before))) entry.nth = before.nth + 1;
  return entry;
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

/** The parts to send one after the other. */
export function formatEntry({ frame, timeBytes }: LogEntry, { framed, timestamps }: LogFormat): Uint8Array[] {
  const without = timestamps ? 0 : timeBytes;
  const payload = frame.subarray(frameHeaderBytes + without);
  if (!framed) return [payload];
  if (without === 0) return [frame];
  const header = frame.slice(0, frameHeaderBytes);
  new DataView(header.buffer).setUint32(4, payload.length);
  return [header, payload];
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
