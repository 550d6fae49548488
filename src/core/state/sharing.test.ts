// Records share equal values, and have the same content as before.

import { expect, test } from "bun:test";
import type { Change } from "../../model/change.ts";
import type { TaskId } from "../../model/ids.ts";
import { type Task, unpackTask } from "../../model/task/task.ts";
import { ClusterState } from "./cluster-state.ts";
import { Sharing } from "./sharing.ts";

const parsed = (name: string, message = "running", sharing?: Sharing): Task =>
  unpackTask(
    JSON.parse(
      `{"taskId":"t-${name}","name":"${name}","createdAt":"2025-01-19T12:34:56.000Z","spec":{"containers":[{"image":"nginx:1","args":["a"]}]},"observed":{"status":"running","reason":{"code":"running","message":"${message}"}}}`,
    ),
    sharing,
  );

test("equal reasons and templates become one, and nothing else changes", () => {
  const sharing = new Sharing();
  const [first, second] = ["a", "b"].map((name) => sharing.within("task", parsed(name, "running", sharing), null));
  expect(second!.observed.reason).toBe(first!.observed.reason);
  expect(second!.spec).toBe(first!.spec);
  expect(second).toEqual(parsed("b"));
});

test("more distinct values than are remembered do no harm", () => {
  const sharing = new Sharing();
  for (let i = 0; i < 10_000; i++) {
    const task = { ...parsed("a", `number ${i}`), taskId: `t${i}` as TaskId };
    expect(sharing.within("task", { ...task, observed: { ...task.observed } }, null)).toEqual(task);
  }
});

test("tasks that get equal templates by updates of the log have one, which is also that of a new task with it", () => {
  const state = new ClusterState();
  const apply = (change: object) => state.apply(JSON.parse(JSON.stringify(change)) as Change);
  const spec = { containers: [{ image: "nginx:2", args: ["b"] }] };
  const create = (taskId: string, first: object) =>
    apply({
      type: "task.created",
      record: { taskId, name: taskId, createdAt: "2025-01-19T12:34:56.000Z", spec: first },
    });
  for (const taskId of ["a", "b"]) {
    create(taskId, { containers: [{ image: "nginx:1" }] });
    apply({ type: "task.updated", id: taskId, set: { spec } });
  }
  create("c", spec);
  const [a, b, c] = ["a", "b", "c"].map((taskId) => state.task(taskId as TaskId).spec);
  expect(a!.containers[0]).toMatchObject(spec.containers[0]!);
  expect(b).toBe(a!);
  expect(c).toBe(a!);
});
