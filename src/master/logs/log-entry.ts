// How entries of a log are sent to subscribers, with or without times, as frames or as plain text; and the position at
// which a subscriber continues.

import { frameHeaderBytes } from "../../lib/frames.ts";
import { type LogEntry, withoutTime } from "../../lib/log-entry.ts";

/** How a subscriber gets entries. */
export interface LogFormat {
  framed: boolean;
  /** At the beginning of each line. */
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

/** The parts to send one after the other. */
export function formatEntry(entry: LogEntry, { framed, timestamps }: LogFormat): Uint8Array[] {
  const withTime = timestamps && !entry.continues;
  if (framed) return withTime ? [entry.frame] : withoutTime(entry);
  return [entry.frame.subarray(frameHeaderBytes + (withTime ? 0 : entry.timeBytes))];
}
