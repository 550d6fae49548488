// The log of master and worker: one line per event, on stderr.

import type { Clock } from "./clock.ts";
import { toTimestamp } from "./clock.ts";

type Fields = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/**
 * Characters that steer a terminal: control characters of C0 and C1, and marks that change the direction of text. Messages quote
 * what other programs answered: none of it may begin a line or move the cursor.
 */
export const steering = /[\p{Cc}\p{Bidi_Control}]+/gu;
const needsQuotes = /[\s"\p{Cc}\p{Bidi_Control}]/u;

function quoted(value: string): string {
  return JSON.stringify(value).replace(steering, (text) => encodeURIComponent(text));
}

/** `2025-01-19T12:34:56.000Z INFO master: recovered revision=12 tasks=3` */
export function lineLog(role: string, clock: Clock, write: (line: string) => void): Log {
  const line =
    (level: string) =>
    (message: string, fields: Fields = {}) => {
      const shown = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(
          ([key, value]) => ` ${key}=${typeof value === "string" && needsQuotes.test(value) ? quoted(value) : value}`,
        );
      write(`${toTimestamp(clock.now())} ${level} ${role}: ${message.replace(steering, " ")}${shown.join("")}\n`);
    };
  return { info: line("INFO "), warn: line("WARN "), error: line("ERROR") };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
