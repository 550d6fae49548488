// Which records a reconciler looks at, and when.

import { expect, test } from "bun:test";
import { WorkQueue } from "./work-queue.ts";

test("a record that has changed is ready until it is done, in order of the ids", () => {
  const queue = new WorkQueue();
  expect([queue.ready(0), queue.nextDue(0)]).toEqual([[], null]);
  queue.add("b");
  queue.add("a");
  queue.add("b");
  expect([queue.ready(0), queue.ready(0), queue.nextDue(7)]).toEqual([["a", "b"], ["a", "b"], 7]);
  queue.done("a", null);
  expect(queue.ready(1)).toEqual(["b"]);
  queue.done("b", null);
  expect([queue.ready(1_000_000), queue.nextDue(1_000_000)]).toEqual([[], null]);
});

test("a record is ready again at the time that its last look gave, with those that have changed", () => {
  const queue = new WorkQueue();
  for (const [id, at] of [
    ["late", 30],
    ["soon", 10],
    ["moved", 10],
    ["never", 5],
  ] as const)
    queue.done(id, at);
  queue.done("moved", 20);
  queue.done("never", null);
  expect([queue.ready(9), queue.nextDue(9)]).toEqual([[], 10]);
  expect(queue.ready(10)).toEqual(["soon"]);
  queue.add("any");
  queue.add("soon");
  expect(queue.ready(20)).toEqual(["any", "moved", "soon"]);
  for (const id of ["any", "soon", "moved"]) queue.done(id, null);
  expect(queue.nextDue(20)).toBe(30);
});

test("after the clock was set back each record with a due time stays ready until it is done", () => {
  const queue = new WorkQueue();
  queue.done("a", 50);
  queue.done("b", 60);
  queue.done("c", null);
  expect(queue.ready(40)).toEqual([]);
  expect([queue.ready(20), queue.nextDue(20)]).toEqual([["a", "b"], 20]);
  queue.done("a", 30);
  expect(queue.ready(21)).toEqual(["b"]);
  queue.done("b", 35);
  expect([queue.ready(22), queue.nextDue(22), queue.ready(30)]).toEqual([[], 30, ["a"]]);
});

test("many times that are set again and again leave one look for each record", () => {
  const queue = new WorkQueue();
  for (let round = 0; round < 1_000; round++) for (const id of ["a", "b", "c"]) queue.done(id, 1_000 - round);
  expect([queue.nextDue(0), queue.ready(1)]).toEqual([1, ["a", "b", "c"]]);
});
