// A batch comes back from its text as it was, with one copy of what its records have in common.

import { expect, test } from "bun:test";
import { decodeBatch, encodeBatch } from "./batch-text.ts";
import { type Batch, type Change, dataFormat } from "./change.ts";
import type { TaskId } from "./ids.ts";
import type { PackedSpec } from "./task/spec.ts";
import type { PackedTaskUpdate } from "./task/task.ts";

function batchOf(changes: Change[]): Batch {
  return { format: dataFormat, revision: 7, at: 12, epoch: 1, seed: 3, commands: [], changes };
}

function created(taskId: string, spec: PackedSpec): Change {
  return {
    type: "task.created",
    record: { taskId: taskId as TaskId, name: "web", createdAt: "2025-01-19T12:34:56.000Z", spec },
  };
}

const [web, db]: PackedSpec[] = [{ containers: [{ image: "web" }] }, { containers: [{ image: "db" }] }];

test("each template is written once, and is one object when it is read", () => {
  const batch = batchOf([created("a", web!), created("b", db!), created("c", web!)]);
  const text = encodeBatch(batch);
  expect(text.split('"image":"web"')).toHaveLength(2);
  const read = decodeBatch(text);
  expect(read).toEqual(batch);
  const specs = read.changes.map((change) => (change as { record: { spec: object } }).record.spec);
  expect(specs[2]).toBe(specs[0]!);
});

test("a template that several tasks get by updates is written once, too, with those of new tasks", () => {
  const updated = (id: string, set: PackedTaskUpdate): Change => ({ type: "task.updated", id: id as TaskId, set });
  const draining = updated("d", { desired: "draining" });
  const batch = batchOf([updated("a", { spec: web! }), created("b", web!), updated("c", { spec: web! }), draining]);
  const text = encodeBatch(batch);
  expect(text.split('"image":"web"')).toHaveLength(2);
  const read = decodeBatch(text);
  expect(read).toEqual(batch);
  const [first, , third] = read.changes as { set: { spec: object } }[];
  expect(third!.set.spec).toBe(first!.set.spec);
  // As it is where each update has a copy of its own.
  const copied = text.replace('"set":{"spec":0}', `"set":{"spec":${JSON.stringify(web)}}`);
  expect(decodeBatch(copied)).toEqual(batch);
});

test("encoding changes nothing of the batch", () => {
  const batch = batchOf([created("a", web!), { type: "task.updated", id: "b" as TaskId, set: { spec: web! } }]);
  const before = structuredClone(batch);
  encodeBatch(batch);
  expect(batch).toEqual(before);
});

test("a batch with the number of a shared value that it does not have is not read", () => {
  const text = encodeBatch(batchOf([created("a", web!)]));
  expect(() => decodeBatch(text.replace('"spec":0', '"spec":1'))).toThrow("revision 7 has no shared value 1");
});

test("a batch without shared values is its JSON", () => {
  const batch = batchOf([{ type: "task.removed", id: "a" as TaskId }]);
  expect(encodeBatch(batch)).toBe(JSON.stringify(batch));
  expect(decodeBatch(JSON.stringify(batch))).toEqual(batch);
});

test("a batch of a format that knew no shared values is read as it is", () => {
  const old = { ...batchOf([]), format: 1, changes: [{ type: "task.created", task: { taskId: "a", image: "web" } }] };
  expect(decodeBatch(JSON.stringify(old)) as unknown).toEqual(old);
});
