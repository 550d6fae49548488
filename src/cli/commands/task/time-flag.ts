// The values of flags that are a time, such as --since: a duration back from now, a time with or without a zone, or seconds
// since 1970. docker takes the same. A time before 1970 is 1970: all that there is.

import { parseCalendarTime } from "../../../lib/calendar-time.ts";
import { toTimestamp } from "../../../lib/clock.ts";
import { parseDuration } from "../../../model/quantity.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";

/** Back from now by the master's clock, in ms; or a time in ms since the epoch. */
export type TimeValue = { agoMs: number } | { atMs: number };

/** The flag with its value, and what to write instead of a wrong value. */
export interface TimeFlag {
  flag: string;
  text: string;
  hint?: string;
}

const usualHint = "Write 10m, 2025-01-19T12:34:56 or seconds since 1970.";
/** The first second of the year 10000, in ms: later years have another form in ISO 8601. */
const endMs = Date.UTC(10_000, 0, 1);

/** The master's clock is known to a second. */
const toleratedMs = 2_000;

export function readTime({ flag, text, hint = usualHint }: TimeFlag): TimeValue {
  const trimmed = text.trim();
  if (/^0+$/.test(trimmed)) return { atMs: 0 };
  if (/^\d+(\.\d*)?$/.test(trimmed)) return { atMs: fromSeconds({ flag, text: trimmed, hint }) };
  const agoMs = parseDuration(trimmed);
  if (agoMs !== undefined) return { agoMs };
  const atMs = parseCalendarTime(trimmed)?.ms;
  if (atMs === undefined) throw new UsageError(`${flag}: expected a time; got ${JSON.stringify(text)}`, hint);
  if (Number.isNaN(atMs)) throw new UsageError(`${flag} ${text}: there is no such time`, hint);
  return { atMs: Math.max(0, atMs) };
}

/** Numbers with fewer digits than a time since 1973 are more likely a duration without its unit. */
export function isSeconds(text: string): boolean {
  return /^\d{9,}(\.\d*)?$/.test(text);
}

function fromSeconds({ flag, text, hint }: Required<TimeFlag>): number {
  if (!isSeconds(text)) throw new UsageError(`${flag} ${text}: the unit is missing`, `Write ${text}s or ${text}m.`);
  const atMs = Math.floor(Number(text) * 1000);
  if (atMs < endMs) return atMs;
  const inMs = Number(text) < endMs;
  throw new UsageError(
    `${flag} ${text}: there is no such time`,
    inMs ? `Are these milliseconds? Write seconds: ${Math.floor(Number(text) / 1000)}.` : hint,
  );
}

/** As the API takes it: a duration stays one, because the master's clock counts; it takes none that begins before 1970. */
export function timeText(time: TimeValue, nowMs: number): string {
  if ("atMs" in time) return toTimestamp(time.atMs);
  return time.agoMs < nowMs ? `${time.agoMs}ms` : toTimestamp(0);
}

/** Prints that a time is still to come by the master's clock: the command shows nothing before it. */
export async function sayIfFuture(context: Context, time: TimeValue, { flag, text }: TimeFlag): Promise<void> {
  if ("atMs" in time && time.atMs > context.masterNow() + toleratedMs)
    await context.say(`${flag} ${text} is in the future; the master's clock shows ${toTimestamp(context.masterNow())}`);
}
