// Binary search, compared with a search from the start.

import { describe, expect, test } from "bun:test";
import { firstIndex } from "./binary-search.ts";

describe("firstIndex", () => {
  const values = [1, 3, 3, 3, 7, 9];

  test("is the first of equal values, and the end if every value is smaller", () => {
    for (let bound = 0; bound <= 10; bound++) {
      const found = values.findIndex((value) => value >= bound);
      expect(firstIndex(0, values.length, (at) => values[at]! >= bound)).toBe(found < 0 ? values.length : found);
    }
  });

  test("looks only at the given range", () => {
    const seen: number[] = [];
    const holds = (at: number) => {
      seen.push(at);
      return values[at]! >= 3;
    };
    expect(firstIndex(2, 5, holds)).toBe(2);
    expect(firstIndex(3, 3, holds)).toBe(3);
    expect(seen.every((at) => at >= 2 && at < 5)).toBe(true);
  });

  test("needs as many steps as the range has binary digits", () => {
    let steps = 0;
    const found = firstIndex(0, 1_000_000, (at) => {
      steps++;
      return at >= 123_456;
    });
    expect(found).toBe(123_456);
    expect(steps).toBeLessThanOrEqual(20);
  });

  test("works beyond 32 bits", () => {
    const low = 2 ** 40;
    expect(firstIndex(low, low + 1000, (at) => at >= low + 77)).toBe(low + 77);
  });
});
