// Differences between lines: cases, and a property over random texts.

import { expect, test } from "bun:test";
import { diffLines } from "./diff-lines.ts";
import { randomInteger, seededRandom } from "./random.ts";

const shown = (before: string, after: string, around = 1) =>
  diffLines(before.split(""), after.split(""), around).map(({ sign, text }) => `${sign}${text}`.trim());

test.each([
  ["", "", []],
  ["abc", "abc", []],
  ["abc", "axc", ["a", "-b", "+x", "c"]],
  ["abc", "ac", ["a", "-b", "c"]],
  ["ac", "abc", ["a", "+b", "c"]],
  // A line that stands elsewhere too is a difference all the same.
  ["aba", "ab", ["b", "-a"]],
  ["ab", "ba", ["-a", "b", "+a"]],
  ["1abcdefg2", "3abcdefg4", ["-1", "+3", "a", "@", "g", "-2", "+4"]],
])("%j to %j", (before, after, lines) => {
  expect(shown(before, after)).toEqual(lines);
});

test("over random texts: what is taken and what is added lead from one to the other", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 300; round++) {
    const make = () => Array.from({ length: randomInteger(random, 12) }, () => "abc"[randomInteger(random, 3)]!);
    const [before, after] = [make(), make()];
    const lines = diffLines(before, after, 99);
    const of = (signs: string) => lines.filter(({ sign }) => signs.includes(sign)).map(({ text }) => text);
    if (before.join() === after.join()) expect(lines).toEqual([]);
    else expect([of(" -"), of(" +")]).toEqual([before, after]);
  }
});
