// What is said of expressions and time zones that are wrong: the field, and what may stand in it.

import { expect, test } from "bun:test";
import { cronMistake } from "./cron.ts";

const minute = 'the minute is "?", and may be 0 to 59, a list 1,5, a range 1-5 or a step */5';
const hour = 'the hour is "?", and may be 0 to 23, a list 1,5, a range 1-5 or a step */5';
const day =
  'the day of the month is "?", and may be 1 to 31, or L for the last day, a list 1,5, a range 1-5 or a step */5';
const month = 'the month is "?", and may be 1 to 12, or JAN to DEC, a list 1,5, a range 1-5 or a step */5';
const weekday =
  'the day of the week is "?", and may be 0 to 7 (0 and 7 are Sunday), or SUN to SAT, a list 1,5, a range 1-5 or a step */5';
const named = "the names are @yearly, @monthly, @weekly, @daily, @hourly";
const fields = (has: string) => `it has ${has}, and needs 5, or 6 with seconds first`;

const wrong: readonly (readonly [cron: string, why: string, value?: string])[] = [
  ["", fields("no field")],
  ["  ", fields("no field")],
  ["often", fields("1 field")],
  ["*", fields("1 field")],
  ["* * *", fields("3 fields")],
  ["0 3 * *", fields("4 fields")],
  ["* * * * * * *", fields("7 fields")],
  ["0 3 * * * ; rm", fields("7 fields")],
  ["0 3 * * *\n0 4 * * *", fields("10 fields")],
  ["0\u00003 * * *", fields("4 fields")],
  ["2025-01-01T00:00:00", fields("1 field")],
  ["@", named],
  ["@often", named],
  ["@reboot", named],
  ["@every 5m", named],
  ["61 * * * *", minute, "61"],
  ["60 * * * *", minute, "60"],
  ["-1 * * * *", minute, "-1"],
  ["+1 * * * *", minute, "+1"],
  ["1.5 * * * *", minute, "1.5"],
  ["1e1 * * * *", minute, "1e1"],
  ["0x5 * * * *", minute, "0x5"],
  ["a * * * *", minute, "a"],
  ["H * * * *", minute, "H"],
  ["٣ * * * *", minute, "٣"],
  ["** * * * *", minute, "**"],
  ["*/0 * * * *", minute, "*/0"],
  ["*/61 * * * *", minute, "*/61"],
  ["*/-1 * * * *", minute, "*/-1"],
  ["*/x * * * *", minute, "*/x"],
  ["*/5/5 * * * *", minute, "*/5/5"],
  ["0-59/0 * * * *", minute, "0-59/0"],
  ["/5 * * * *", minute, "/5"],
  ["5/ * * * *", minute, "5/"],
  ["1- * * * *", minute, "1-"],
  ["-5 * * * *", minute, "-5"],
  ["5-1 * * * *", minute, "5-1"],
  ["1-2-3 * * * *", minute, "1-2-3"],
  ["1,,2 * * * *", minute, "1,,2"],
  [",1 * * * *", minute, ",1"],
  ["1, * * * *", minute, "1,"],
  ["99999999999999999999 * * * *", minute, "99999999999999999999"],
  ["2025-01-01 00:00 x y z", minute, "2025-01-01"],
  ["* 24 * * *", hour, "24"],
  ["0 3: * * *", hour, "3:"],
  ["* * 0 * *", day, "0"],
  ["* * 32 * *", day, "32"],
  ["* * L-40 * *", day, "L-40"],
  ["* * 40L * *", day, "40L"],
  ["* * W * *", day, "W"],
  ["* * * 0 *", month, "0"],
  ["* * * 13 *", month, "13"],
  ["* * * FOO *", month, "FOO"],
  ["0 0 * JAN-FOO *", month, "JAN-FOO"],
  ["* * * * 8", weekday, "8"],
  ["* * * * -1", weekday, "-1"],
  ["* * * * FUNDAY", weekday, "FUNDAY"],
  ["* * * * MON#6", weekday, "MON#6"],
  ["* * * * MON#0", weekday, "MON#0"],
  ["* * * * *L", weekday, "*L"],
  ["0 0 * * MON-", weekday, "MON-"],
  ["0 3 * * * UTC", weekday, "UTC"],
  ["0 0 1 1 * 2026", weekday, "2026"],
  ["60 * * * * *", minute.replace("minute", "second"), "60"],
  ["0 3A * * *", hour, "3A"],
  ["0 3;4 * * *", hour, "3;4"],
  ["0 0 * * MONDAY", weekday, "MONDAY"],
];

test.each(wrong.map(([cron, why, value = ""]) => [cron, why, value] as const))(
  "%j is no expression",
  (cron, why, value) => {
    expect(cronMistake(cron, "UTC")).toEqual({
      field: "cron",
      message: `${JSON.stringify(cron)} is no cron expression: ${why.replace('"?"', JSON.stringify(value))}`,
    });
  },
);

test.each(["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"])("%j is never due", (cron) => {
  const message = `${JSON.stringify(cron)} is never due: no such day comes`;
  expect(cronMistake(cron, "UTC")).toEqual({ field: "cron", message });
});

test.each([
  ...["0 3 * * *", "*/15 9-17 * * MON-FRI", "0 0 L * *", "0 3 15W * *", "0 3 LW * *", "0 3 * * MON#2", "0 3 * * FRI#L"],
  ...["0 3 * * 5L", "0 3 * * 7", "0 0 ? * MON", "0 0 29 2 *", "@DAILY", "@midnight", "@annually", "*/10 * * * * *"],
  ...["  0  3 * * *", "0 0 1 jan *", "5,10-20/2 * * * *"],
])("%j is an expression", (cron) => {
  expect(cronMistake(cron, "Europe/Berlin")).toBeNull();
});

test.each([
  ["Europe/Berln", "Europe/Berlin"],
  ["Berlin", "Europe/Berlin"],
  ["berlin", "Europe/Berlin"],
  ["America/NewYork", "America/New_York"],
  ["New York", "America/New_York"],
  ["Asia/Katmandou", "Asia/Kathmandu"],
  ["Lord Howe", "Australia/Lord_Howe"],
  ["Mars/Olympus", null],
  ["Europe", null],
  ["Z", null],
  ["", null],
] as const)("the time zone %j is wrong, and %p is meant", (timezone, meant) => {
  const proposal = meant === null ? "" : `; did you mean ${meant}?`;
  expect(cronMistake("0 3 * * *", timezone)).toEqual({
    field: "timezone",
    message: `there is no time zone ${JSON.stringify(timezone)}${proposal}`,
  });
});

test.each(["UTC", "utc", "GMT", "CET", "europe/berlin", "Asia/Katmandu", "America/Argentina/Buenos_Aires"])(
  "%s is a time zone",
  (timezone) => {
    expect(cronMistake("0 3 * * *", timezone)).toBeNull();
  },
);
