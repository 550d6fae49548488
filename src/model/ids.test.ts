// Ids sort by creation, whatever the clock does.

import { expect, test } from "bun:test";
import { seededRandom } from "../lib/random.ts";
import { newNodeId, nextTaskId, nodeIdPattern, type TaskId, taskIdPattern } from "./ids.ts";

const noon = Date.UTC(2025, 0, 19, 12, 34, 56);
const highest = { next: () => 0.999_999_999 };
const lowest = { next: () => 0 };

test("an id contains its second, and has the documented form", () => {
  const id = nextTaskId(null, noon, seededRandom(1));
  expect(id).toStartWith("20250119123456-");
  expect(id).toMatch(taskIdPattern);
  expect(nextTaskId(null, noon, lowest)).toBe("20250119123456-00000000" as TaskId);
});

test("ten thousand ids of one second are ascending and distinct", () => {
  const random = seededRandom(2);
  let last: TaskId | null = null;
  for (let i = 0; i < 10_000; i++) {
    const next: TaskId = nextTaskId(last, noon, random);
    if (last !== null) expect(next > last).toBe(true);
    expect(next).toMatch(taskIdPattern);
    last = next;
  }
  expect(last).toStartWith("20250119123456-");
});

test("the largest steps leave two million ids in a second", () => {
  let suffix = Number.parseInt(nextTaskId(null, noon, highest).slice(15), 36);
  expect(36 ** 8 - suffix).toBeGreaterThan(2_000_000 * 1_000_000);
  const next = nextTaskId(`20250119123456-${suffix.toString(36).padStart(8, "0")}` as TaskId, noon, highest);
  suffix = Number.parseInt(next.slice(15), 36) - suffix;
  expect(suffix).toBeLessThanOrEqual(1_000_000);
});

test("ids stay ascending if the clock is set back", () => {
  const random = seededRandom(3);
  const before = nextTaskId(null, noon, random);
  const after = nextTaskId(before, noon - 3_600_000, random);
  expect(after > before).toBe(true);
  expect(after).toStartWith("20250119123456-");
  expect(nextTaskId(after, noon + 1000, random)).toStartWith("20250119123457-");
});

const overflows: [last: string, next: string][] = [
  ["20250119123456-zzzzzzzz", "20250119123457-"],
  ["20250119123459-zzzzzzzz", "20250119123500-"],
  ["20241231235959-zzzzzzzz", "20250101000000-"],
  ["20240228235959-zzzzzzzz", "20240229000000-"],
];

test.each(overflows)("after %p the second is used up, and %p follows", (last, next) => {
  const id = nextTaskId(last as TaskId, Date.UTC(2020, 0, 1), seededRandom(4));
  expect(id).toStartWith(next);
  expect(id > last).toBe(true);
});

test("node ids have the documented form", () => {
  const random = seededRandom(5);
  const ids = Array.from({ length: 1000 }, () => newNodeId(noon, random));
  for (const id of ids) expect(id).toMatch(nodeIdPattern);
  expect(new Set(ids).size).toBe(1000);
});
