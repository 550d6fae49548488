// What counts as growth, on made series: leaks of several speeds, warm-ups, saw teeth and noise.

import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../src/lib/random.ts";
import { type Sample, trendOf } from "./trend.ts";

const floor = 4;

/** One sample each second, for so many minutes. */
function series(minutes: number, value: (minute: number, random: () => number) => number): Sample[] {
  const random = seededRandom(5);
  return Array.from({ length: minutes * 60 }, (_, second) => ({
    atMs: second * 1000,
    value: value(second / 60, () => random.next() - 0.5),
  }));
}

describe("is growth", () => {
  const rows: [what: string, Sample[]][] = [
    ["a leak of 1 a minute", series(45, (minute) => 80 + minute)],
    ["the same in noise of 10", series(45, (minute, random) => 80 + minute + 10 * random())],
    ["the same under a saw tooth", series(45, (minute) => 80 + minute + 5 * (minute % 1))],
    ["one descriptor for each fault, every two minutes", series(45, (minute) => 20 + Math.floor(minute / 2))],
    ["a leak after a warm-up", series(45, (minute) => 80 + 30 * (1 - Math.exp(-minute / 3)) + 0.5 * minute)],
    ["a fast leak in a short run", series(4, (minute) => 80 + 5 * minute)],
  ];
  for (const [what, samples] of rows) test(what, () => expect(trendOf(samples, floor).grows).toBe(true));
});

describe("is not growth", () => {
  const rows: [what: string, Sample[]][] = [
    ["a flat line", series(45, () => 80)],
    ["noise", series(45, (_, random) => 80 + 20 * random())],
    ["a saw tooth of 20", series(45, (minute) => 80 + 20 * (minute % 3))],
    ["a warm-up", series(45, (minute) => 80 + 50 * (1 - Math.exp(-minute / 3)))],
    ["a step early on", series(45, (minute) => (minute < 10 ? 80 : 110))],
    ["a series that shrinks", series(45, (minute) => 120 - minute / 2)],
    ["a single peak", series(45, (minute) => (minute > 40 && minute < 41 ? 300 : 80))],
  ];
  for (const [what, samples] of rows) test(what, () => expect(trendOf(samples, floor).grows).toBe(false));
});

test("returns start, middle, end and slope", () => {
  const trend = trendOf(
    series(60, (minute) => 100 + minute / 2),
    floor,
  );
  expect([trend.start, trend.middle, trend.end].map(Math.round)).toEqual([105, 115, 125]);
  expect(trend.slopePerHour).toBeCloseTo(30, 3);
  expect(trend.noise).toBeCloseTo(0, 6);
});

test("returns the growth that it would have found: a bit more is growth, a bit less is not", () => {
  const flat = (minute: number, random: () => number) => 80 + 6 * random() + 0 * minute;
  const { detectablePerHour } = trendOf(series(45, flat), floor);
  const leaking = (perHour: number) =>
    trendOf(
      series(45, (minute, random) => flat(minute, random) + (perHour * minute) / 60),
      floor,
    ).grows;
  expect(leaking(detectablePerHour * 1.2)).toBe(true);
  expect(leaking(detectablePerHour * 0.8)).toBe(false);
});

test("too few samples throw", () => {
  expect(() => trendOf(series(45, () => 1).slice(0, 5), floor)).toThrow("too few");
});
