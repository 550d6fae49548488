// Reports that a network delivers late or twice.

import { expect, test } from "bun:test";
import type { TaskId } from "../../model/ids.ts";
import { ReportOrder } from "./report-order.ts";

const [web, db] = ["web", "db"] as TaskId[] as [TaskId, TaskId];

test("a report that comes after a later one of its task and process is out of order", () => {
  const order = new ReportOrder();
  const isInOrder = (...report: Parameters<ReportOrder["isInOrder"]>) => order.isInOrder(...report);
  expect(isInOrder(web, "p1", 3)).toBe(true);
  expect(isInOrder(web, "p1", 2)).toBe(false);
  // The same one again: repeating the last report changes nothing.
  expect(isInOrder(web, "p1", 3)).toBe(true);
  expect(isInOrder(db, "p1", 1)).toBe(true);
  expect(isInOrder(web, "p2", 1)).toBe(true);
  // Without a number, or without a process: a worker of 0.1.0, or a person.
  expect(isInOrder(web, "p2", null)).toBe(true);
  expect(isInOrder(web, null, 1)).toBe(true);
});

test("the order of the tasks that have reported last is known, and no more is kept", () => {
  const order = new ReportOrder();
  const id = (index: number) => `t${index}` as TaskId;
  for (let index = 0; index < 10_001; index++) order.isInOrder(id(index), "p1", 10 + index);
  expect(order.isInOrder(id(10_000), "p1", 1)).toBe(false);
  expect(order.isInOrder(id(1), "p1", 1)).toBe(false);
  expect(order.isInOrder(id(0), "p1", 1)).toBe(true);
});
