// Losses of a node are counted, are cancelled one by one, and double the time that the node must be online.

import { expect, test } from "bun:test";
import { toTimestamp } from "../../lib/clock.ts";
import { limits } from "../../model/limits.ts";
import type { Flapping } from "../../model/node/node.ts";
import { afterLoss, afterReturn, countedLosses } from "./flapping.ts";

const start = Date.UTC(2025, 0, 19, 12);
const minute = 60_000;

/** Lost and back a second later, each so many minutes after the one before. */
function lostAndBack(...pausesMinutes: number[]): { now: number; flapping: Flapping | null } {
  let now = start;
  let flapping: Flapping | null = null;
  for (const pause of pausesMinutes) {
    now += pause * minute;
    flapping = afterLoss(flapping, now);
    flapping = afterReturn(flapping, now + 1_000);
  }
  return { now, flapping };
}

test.each([
  [[0], 1, 0],
  [[0, 1], 2, 0],
  [[0, 1, 1], 3, 30],
  [[0, 1, 1, 1], 4, 60],
  [[0, 1, 1, 1, 1], 5, 120],
  [Array.from({ length: 9 }, () => 1), 9, 1_800],
  [Array.from({ length: 60 }, () => 1), 60, 1_800],
  [[0, 9.9, 9.9], 3, 30],
  [[0, 10, 10, 10, 10], 1, 0],
  [[0, 1, 10], 2, 0],
  [[0, 1, 1, 25], 2, 0],
  [[0, 1, 1, 1e6], 1, 0],
] as const)("lost at pauses of %p min: %d losses count, steady for %d s", (pauses, losses, seconds) => {
  const { flapping } = lostAndBack(...pauses);
  expect(flapping).toMatchObject({ losses, steadyMs: seconds * 1_000 });
  expect(flapping!.steadyUntil !== null).toBe(seconds > 0);
});

test("a node that returns has the time until which it is damped", () => {
  const { flapping, now } = lostAndBack(0, 1, 1);
  expect(flapping).toEqual({
    losses: 3,
    lostAt: toTimestamp(now),
    steadyUntil: toTimestamp(now + 1_000 + limits.flapSteadyMs),
    steadyMs: limits.flapSteadyMs,
  });
});

test("a node that is offline is not damped, and a long absence cancels losses", () => {
  const { flapping, now } = lostAndBack(0, 1, 1);
  const away = afterLoss(flapping, now + minute);
  expect(away).toMatchObject({ losses: 4, steadyUntil: null, steadyMs: 0 });
  expect(afterReturn(away, now + 12 * minute)).toMatchObject({ losses: 4, steadyMs: 30_000 });
  expect(afterReturn(away, now + 200 * minute)).toBeNull();
});

test("a clock that was set back neither cancels nor adds losses", () => {
  const flapping = afterLoss(null, start);
  expect(countedLosses(flapping, start - 3_600_000)).toBe(1);
  expect(countedLosses(flapping, start + limits.flapForgivenMs - 1)).toBe(1);
  expect(countedLosses(flapping, start + limits.flapForgivenMs)).toBe(0);
  expect(countedLosses(null, start)).toBe(0);
});
