// Dates and times as people write them, and texts that only look like one.

import { expect, test } from "bun:test";
import { parseCalendarTime } from "./calendar-time.ts";

test.each([
  ["2025-01-19Z", "2025-01-19T00:00:00.000Z"],
  ["2025-01-19T12Z", "2025-01-19T12:00:00.000Z"],
  ["2025-01-19 12:34z", "2025-01-19T12:34:00.000Z"],
  ["2025-01-19T12:34:56.123456789Z", "2025-01-19T12:34:56.123Z"],
  ["2025-01-19T12:34:56+02:00", "2025-01-19T10:34:56.000Z"],
  ["2024-02-29T12:34:56-0530", "2024-02-29T18:04:56.000Z"],
])("%s is %s", (text, expected) => {
  const { ms, hasZone } = parseCalendarTime(text)!;
  expect([new Date(ms).toISOString(), hasZone]).toEqual([expected, true]);
});

test("without a zone it is in that of the process", () => {
  expect(parseCalendarTime("2025-01-19 12:34")).toEqual({
    ms: new Date(2025, 0, 19, 12, 34).getTime(),
    hasZone: false,
  });
});

test.each(["2025-13-40", "2025-02-29", "2025-01-19T24:00Z", "2025-01-19T12:60Z", "2025-01-19T12:34:60Z"])(
  "%s does not exist",
  (text) => expect(parseCalendarTime(text)?.ms).toBeNaN(),
);

test.each(["", "yesterday", "jan 5", "2025", "2025-01", "12:34", "2025/01/19", "2025-01-19T", "2025-1-9"])(
  "%j is none",
  (text) => expect(parseCalendarTime(text)).toBeUndefined(),
);
