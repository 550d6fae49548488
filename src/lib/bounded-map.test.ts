// What the map forgets, and when.

import { expect, test } from "bun:test";
import { BoundedMap } from "./bounded-map.ts";

test("one entry more than it may hold makes it forget the others", () => {
  const map = new BoundedMap<string, number>({ entries: 2, characters: 100 });
  map.add("a", 1, 1);
  map.add("b", 2, 1);
  expect([map.get("a"), map.get("b"), map.size]).toEqual([1, 2, 2]);
  map.add("c", 3, 1);
  expect([map.get("a"), map.get("b"), map.get("c"), map.size]).toEqual([undefined, undefined, 3, 1]);
});

test("so do more characters than it may hold, and they are counted again from there", () => {
  const map = new BoundedMap<string, number>({ entries: 10, characters: 100 });
  map.add("a", 1, 60);
  map.add("b", 2, 60);
  expect([map.get("a"), map.get("b")]).toEqual([undefined, 2]);
  map.add("c", 3, 40);
  expect([map.get("b"), map.get("c")]).toEqual([2, 3]);
});
