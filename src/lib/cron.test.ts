// Cron expressions over the changes of clocks, in zones of quarters of an hour, and over long times. The expected times are in UTC.

import { expect, test } from "bun:test";
import { cronMistake, dueTimes, nextDue } from "./cron.ts";

function runs(cron: string, timezone: string, from: string, count: number): string[] {
  const found: string[] = [];
  let at: number | null = Date.parse(from);
  while (found.length < count) {
    at = nextDue(cron, timezone, at);
    if (at === null) break;
    found.push(`${new Date(at).toISOString().slice(5, 16).replace("T", " ")}`);
  }
  return found;
}

const berlin = "Europe/Berlin";

test.each([
  // In Berlin, 2025-03-30 goes from 01:59 to 03:00, and 2025-10-26 from 02:59 back to 02:00.
  ["in the gap: at its end", "30 2 * * *", berlin, "2025-03-29T12:00Z", ["03-30 01:00", "03-31 00:30", "04-01 00:30"]],
  ["before the gap: as usual", "30 1 * * *", berlin, "2025-03-29T12:00Z", ["03-30 00:30", "03-30 23:30"]],
  ["in the overlap: once, the first time", "30 2 * * *", berlin, "2025-10-25T12:00Z", ["10-26 00:30", "10-27 01:30"]],
  ["after the overlap: as usual", "30 3 * * *", berlin, "2025-10-25T12:00Z", ["10-26 02:30", "10-27 02:30"]],
  [
    "each half hour goes on through the gap",
    ...(["*/30 * * * *", berlin, "2025-03-30T00:00Z", ["03-30 00:30", "03-30 01:00", "03-30 01:30"]] as const),
  ],
  [
    "each half hour goes on through the overlap",
    ...(["*/30 * * * *", berlin, "2025-10-26T00:00Z"] as const),
    ["10-26 00:30", "10-26 01:00", "10-26 01:30", "10-26 02:00"],
  ],
  [
    "each hour runs in both hours of the overlap",
    ...(["0 * * * *", berlin, "2025-10-25T23:30Z", ["10-26 00:00", "10-26 01:00", "10-26 02:00"]] as const),
  ],
  // Nepal is 5:45 ahead of UTC, the Chatham Islands 12:45 or 13:45, Eucla 8:45, Lord Howe changes by half an hour.
  ["Nepal", "0 3 * * *", "Asia/Kathmandu", "2025-01-19T12:00Z", ["01-19 21:15", "01-20 21:15"]],
  ["Nepal, each hour", "0 * * * *", "Asia/Kathmandu", "2025-01-19T12:00Z", ["01-19 12:15", "01-19 13:15"]],
  ["Eucla", "15 9 * * *", "Australia/Eucla", "2025-01-19T12:00Z", ["01-20 00:30", "01-21 00:30"]],
  ["Chatham, in its overlap", "30 3 * * *", "Pacific/Chatham", "2025-04-05T00:00Z", ["04-05 13:45", "04-06 14:45"]],
  ["Lord Howe, in its gap", "15 2 * * *", "Australia/Lord_Howe", "2025-10-04T12:00Z", ["10-04 15:30", "10-05 15:15"]],
  // In New York, 2025-03-09 goes from 01:59 to 03:00, and 2025-11-02 from 01:59 back to 01:00.
  ["New York, gap", "30 2 * * *", "America/New_York", "2025-03-08T12:00Z", ["03-09 07:00", "03-10 06:30"]],
  ["New York, overlap", "30 1 * * *", "America/New_York", "2025-11-01T12:00Z", ["11-02 05:30", "11-03 06:30"]],
  [
    "New York, each hour",
    ...(["0 * * * *", "America/New_York", "2025-11-02T04:30Z", ["11-02 05:00", "11-02 06:00", "11-02 07:00"]] as const),
  ],
  // Newfoundland is 3:30 behind UTC, and changes at 02:00.
  ["St. John's, gap", "30 2 * * *", "America/St_Johns", "2025-03-08T12:00Z", ["03-09 05:30", "03-10 05:00"]],
  ["St. John's, overlap", "15 1 * * *", "America/St_Johns", "2025-11-01T12:00Z", ["11-02 03:45", "11-03 04:45"]],
  ["Lord Howe, overlap", "45 1 * * *", "Australia/Lord_Howe", "2025-04-05T00:00Z", ["04-05 14:45", "04-06 15:15"]],
  [
    "Lord Howe, each quarter of an hour through its gap",
    ...(["*/15 * * * *", "Australia/Lord_Howe", "2025-10-04T15:10Z"] as const),
    ["10-04 15:15", "10-04 15:30", "10-04 15:45"],
  ],
  ["Nairobi has no changes", "30 2 * * *", "Africa/Nairobi", "2025-03-28T12:00Z", ["03-28 23:30", "03-29 23:30"]],
  ["UTC has no changes", "30 2 * * *", "UTC", "2025-03-29T12:00Z", ["03-30 02:30", "03-31 02:30"]],
  ["a leap day", "0 0 29 2 *", "UTC", "2025-01-01T00:00Z", ["02-29 00:00", "02-29 00:00"]],
  ["the last day of the month", "0 0 L * *", "UTC", "2025-02-01T00:00Z", ["02-28 00:00", "03-31 00:00"]],
  ["a name", "@daily", "UTC", "2025-01-19T12:00Z", ["01-20 00:00"]],
  ["names of days", "0 9 * * MON-FRI", "UTC", "2025-01-18T00:00Z", ["01-20 09:00", "01-21 09:00"]],
] as const)("%s: %s in %s after %s", (_, cron, timezone, from, expected) => {
  expect(runs(cron, timezone, from, expected.length)).toEqual([...expected]);
});

test("six fields begin with seconds", () => {
  const at = nextDue("*/10 * * * * *", "UTC", Date.parse("2025-01-19T12:00:05Z"));
  expect(new Date(at!).toISOString()).toBe("2025-01-19T12:00:10.000Z");
});

test.each([
  [
    "ten days of downtime, daily",
    "0 3 * * *",
    berlin,
    "2025-10-20T12:00:00Z",
    "2025-10-30T12:00:00Z",
    10,
    "2025-10-30T02:00:00Z",
  ],
  ["none was due", "0 3 * * *", berlin, "2025-10-20T12:00:00Z", "2025-10-20T13:00:00Z", 0, null],
  ["the end counts", "0 3 * * *", "UTC", "2025-10-20T02:00:00Z", "2025-10-20T03:00:00Z", 1, "2025-10-20T03:00:00Z"],
  ["the beginning does not", "0 3 * * *", "UTC", "2025-10-20T03:00:00Z", "2025-10-20T04:00:00Z", 0, null],
  [
    "ten days, each minute: counted up to 100",
    "* * * * *",
    berlin,
    "2025-03-25T00:00:00Z",
    "2025-04-04T00:00:30Z",
    100,
    "2025-04-04T00:00:00Z",
  ],
  [
    "ten days, each second",
    "* * * * * *",
    "UTC",
    "2025-03-25T00:00:00Z",
    "2025-04-04T00:00:30Z",
    100,
    "2025-04-04T00:00:30Z",
  ],
] as const)("due times: %s", (_, cron, timezone, after, until, count, newest) => {
  const found = dueTimes(cron, timezone, Date.parse(after), Date.parse(until), 100);
  expect([found.count, found.newest]).toEqual([count, newest === null ? null : Date.parse(newest)]);
});

const zones = ["UTC", berlin, "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"] as const;

test.each(zones)("%s: the next due time is the same from each time between two due times, also at changes", (zone) => {
  let asked = 0;
  for (const cron of ["30 2 * * *", "15 1 * * *", "0 * * * *", "*/15 1-3 * * *", "* 2 * * *", "0 0 * * *"]) {
    for (const from of ["2025-03-08T12:00Z", "2025-03-29T12:00Z", "2025-04-05T00:00Z", "2025-10-25T12:00Z"]) {
      let at = Date.parse(from);
      for (const end = at + 36 * 3_600_000; at < end; ) {
        const next = nextDue(cron, zone, at)!;
        for (const part of [0.01, 0.3, 0.6, 0.99]) {
          const between = Math.floor(at + (next - at) * part);
          expect([cron, between, nextDue(cron, zone, between)]).toEqual([cron, between, next]);
          asked++;
        }
        at = next;
      }
    }
  }
  expect(asked).toBeGreaterThan(1_000);
});

test("an expression and a zone without a mistake", () => {
  expect(cronMistake("0 3 * * *", berlin)).toBeNull();
});
