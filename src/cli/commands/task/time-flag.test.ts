// The values of --since: durations, times in the caller's zone or with their own, and docker's seconds since 1970.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { readTime, timeText } from "./time-flag.ts";

const nowMs = Date.UTC(2026, 0, 1);
const read = (text: string) => timeText(readTime({ flag: "--since", text }), nowMs);

test.each([
  ["10m", "600000ms"],
  ["1h30m", "5400000ms"],
  ["1.5h", "5400000ms"],
  ["250ms", "250ms"],
  ["0s", "0ms"],
  ["40000d", "1970-01-01T00:00:00.000Z"],
  ["0", "1970-01-01T00:00:00.000Z"],
  ["1960-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
  ["0001-01-01Z", "1970-01-01T00:00:00.000Z"],
  ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"],
  ["1700000000", "2023-11-14T22:13:20.000Z"],
  ["1700000000.123", "2023-11-14T22:13:20.123Z"],
  ["1700000000.123456789", "2023-11-14T22:13:20.123Z"],
  ["2025-01-19T12:34:56Z", "2025-01-19T12:34:56.000Z"],
  ["2025-01-19t12:34:56z", "2025-01-19T12:34:56.000Z"],
  ["2025-01-19T12:34:56.123456789Z", "2025-01-19T12:34:56.123Z"],
  ["2025-01-19T12:34:56+02:00", "2025-01-19T10:34:56.000Z"],
  ["2025-01-19T12:34:56-0530", "2025-01-19T18:04:56.000Z"],
  ["2025-01-19T12Z", "2025-01-19T12:00:00.000Z"],
  ["2025-01-19Z", "2025-01-19T00:00:00.000Z"],
  ["2024-02-29T00:00Z", "2024-02-29T00:00:00.000Z"],
  ["2100-01-01T00:00:00Z", "2100-01-01T00:00:00.000Z"],
])("%s is %s", (text, expected) => expect(read(text)).toBe(expected));

test.each([
  ["yesterday", 'expected a time; got "yesterday". Write 10m, 2025-01-19T12:34:56 or seconds since 1970.'],
  ["", 'expected a time; got ""'],
  ["-5m", "expected a time"],
  ["-1700000000", "expected a time"],
  ["10000-01-01T00:00:00Z", "expected a time"],
  ["5 minutes", "expected a time"],
  ["jan 5", "expected a time"],
  ["2025", "the unit is missing. Write 2025s or 2025m."],
  ["10", "the unit is missing. Write 10s or 10m."],
  ["2025-01", "expected a time"],
  ["12:34", "expected a time"],
  ["2025-13-40T00:00:00", "there is no such time"],
  ["2025-02-30", "there is no such time"],
  ["2025-02-29T00:00:00Z", "there is no such time"],
  ["2025-01-19T24:00", "there is no such time"],
  ["2025-01-19T12:60", "there is no such time"],
  ["1700000000000", "there is no such time. Are these milliseconds? Write seconds: 1700000000."],
  ["17000000000000000000", "there is no such time. Write 10m"],
])("%j is refused", (text, says) => {
  let refusal = "";
  try {
    read(text);
  } catch (error) {
    const { message, hint } = error as { message: string; hint: string };
    refusal = `${message}. ${hint}`;
  }
  expect(refusal).toStartWith("--since");
  expect(refusal).toContain(says);
});

test.each([
  ["Asia/Tokyo", "2025-01-19T12:34:56", "2025-01-19T03:34:56.000Z"],
  ["Asia/Tokyo", "2025-01-19 12:34:56.5", "2025-01-19T03:34:56.500Z"],
  ["America/New_York", "2025-01-19T12:34:56", "2025-01-19T17:34:56.000Z"],
  ["America/New_York", "2025-07-19T12:34", "2025-07-19T16:34:00.000Z"],
  ["Asia/Tokyo", "2025-01-19", "2025-01-18T15:00:00.000Z"],
  ["UTC", "2025-01-19T12", "2025-01-19T12:00:00.000Z"],
])("in %s, %s is %s", (TZ, text, expected) => {
  const file = JSON.stringify(join(import.meta.dir, "time-flag.ts"));
  const asked = JSON.stringify({ flag: "--since", text });
  const script = `import { readTime, timeText } from ${file}; process.stdout.write(timeText(readTime(${asked}), ${nowMs}));`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script], { env: { ...process.env, TZ } });
  expect(stdout.toString()).toBe(expected);
});
