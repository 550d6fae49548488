// Its first entry is that of a sorted list of the same entries.

import { expect, test } from "bun:test";
import { Heap } from "./heap.ts";
import { seededRandom } from "./random.ts";

test("the first entry is the smallest one, whatever was added and removed before", () => {
  const random = seededRandom(7);
  const heap = new Heap<number>((left, right) => left < right);
  let model: number[] = [];
  for (let step = 0; step < 2000; step++) {
    if (model.length === 0 || random.next() < 0.55) {
      const entry = Math.floor(random.next() * 100);
      heap.push(entry);
      model = [...model, entry].sort((left, right) => left - right);
    } else {
      heap.pop();
      model = model.slice(1);
    }
    expect(heap.first).toBe(model[0]);
    expect(heap.size).toBe(model.length);
  }
  expect([...heap.entries].sort((left, right) => left - right)).toEqual(model);
});
