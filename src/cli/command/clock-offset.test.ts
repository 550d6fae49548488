// What the Date header of an answer says about the other clock.

import { expect, test } from "bun:test";
import { clockOffset } from "./clock-offset.ts";

const at = Date.UTC(2025, 0, 19, 12, 0, 0);
const date = (ms: number) => new Date(ms).toUTCString();

test("no date, or none that can be read", () => {
  expect(clockOffset(null, at, at)).toBeNull();
  expect(clockOffset("soon", at, at)).toBeNull();
});

test("equal clocks are within the uncertainty, whatever part of the second it is", () => {
  for (let ms = 0; ms < 2000; ms += 50) {
    const { offMs, uncertainMs } = clockOffset(date(at), at + ms, at + ms + 10)!;
    expect(Math.abs(offMs)).toBeLessThanOrEqual(uncertainMs);
  }
});

test("an hour ahead", () => {
  const { offMs, uncertainMs } = clockOffset(date(at + 3_600_000), at, at + 10)!;
  expect(Math.abs(offMs - 3_600_000)).toBeLessThanOrEqual(uncertainMs);
});
