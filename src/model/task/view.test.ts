// The text of a task is its view as JSON, for the API and for workers.

import { expect, test } from "bun:test";
import type { TaskId } from "../ids.ts";
import { specDefaults } from "./spec.ts";
import { type PackedTask, unpackTask } from "./task.ts";
import { assignmentText, taskText, viewAssignment, viewTask } from "./view.ts";

const packed: PackedTask = {
  taskId: "20250119123456-abcd1234" as TaskId,
  name: 'größer "web" \u2028',
  createdAt: "2025-01-19T12:34:56.000Z",
  spec: { labels: { app: "web" }, containers: [{ image: "nginx:1", env: { A: '"}' } }] },
};

test("a task's text has the fields of its view in the same order", () => {
  const shared = unpackTask(packed).spec;
  const statuses: Partial<PackedTask>[] = [
    {},
    { desired: "stopped" },
    { observed: { status: "running", containers: [{ containerId: "c1", startedAt: "2025-01-19T12:35:00.000Z" }] } },
  ];
  for (const status of statuses) {
    const task = { ...unpackTask({ ...packed, ...status }), spec: shared };
    expect(taskText(task)).toBe(JSON.stringify(viewTask(task)));
    expect(assignmentText(task)).toBe(JSON.stringify(viewAssignment(task)));
  }
});

test("the API shows a plain restart policy as text; a worker gets the object", () => {
  const always = { ...specDefaults.restartPolicy, mode: "always" as const };
  const task = unpackTask({ ...packed, spec: { ...packed.spec, restartPolicy: always } });
  expect(JSON.parse(taskText(task))).toMatchObject({ restartPolicy: "always" });
  expect(JSON.parse(assignmentText(task))).toMatchObject({ restartPolicy: always });
});

test("more templates than texts are kept do no harm", () => {
  for (let number = 0; number < 5000; number++) {
    const task = unpackTask({ ...packed, spec: { containers: [{ image: `nginx:${number}` }] } });
    expect(taskText(task)).toBe(JSON.stringify(viewTask(task)));
  }
});

test("of large templates, only some texts are kept", async () => {
  const specs: WeakRef<object>[] = [];
  for (let number = 0; number < 40; number++) {
    const env = { A: `${number}`.padEnd(1024 ** 2, "x") };
    const task = unpackTask({ ...packed, spec: { containers: [{ image: "nginx:1", env }] } });
    taskText(task);
    specs.push(new WeakRef(task.spec));
  }
  await Bun.sleep(0);
  Bun.gc(true);
  expect(specs.filter((spec) => spec.deref() !== undefined).length).toBeLessThan(40);
});
