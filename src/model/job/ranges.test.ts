// Sets of indexes as text.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../lib/random.ts";
import { countOf, missing, withIndex } from "./ranges.ts";

test("indexes join the ranges beside them", () => {
  const steps: string[] = [];
  let text = "";
  for (const index of [3, 0, 1, 7, 2, 8, 3]) {
    text = withIndex(text, index);
    steps.push(text);
  }
  expect(steps).toEqual(["3", "0,3", "0-1,3", "0-1,3,7", "0-3,7", "0-3,7-8", "0-3,7-8"]);
});

test.each([
  ["", [], 3, 10, [0, 1, 2]],
  ["0-1,4", [], 6, 10, [2, 3, 5]],
  ["0-1,4", [2], 6, 10, [3, 5]],
  ["0-1,4", [2], 6, 1, [3]],
  ["0-5", [], 6, 10, []],
  ["", [0], 1, 10, []],
] as const)(
  "the missing indexes beside %p with %p taken, below %p, at most %p: %p",
  (text, taken, end, count, wanted) => {
    expect(missing(text, new Set<number>(taken), end, count)).toEqual([...wanted]);
  },
);

test("a set of random indexes holds exactly these", () => {
  const random = seededRandom(7);
  const held = new Set<number>();
  let text = "";
  for (let step = 0; step < 400; step++) {
    const index = randomInteger(random, 120);
    held.add(index);
    text = withIndex(text, index);
    expect(countOf(text)).toBe(held.size);
  }
  const absent = Array.from({ length: 120 }, (_, index) => index).filter((index) => !held.has(index));
  expect(missing(text, new Set(), 120, 120)).toEqual(absent);
});
