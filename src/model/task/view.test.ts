// The text of a task is its view as JSON, for the API and for workers.

import { describe, expect, test } from "bun:test";
import type { TaskId } from "../ids.ts";
import { specDefaults } from "./spec.ts";
import { type PackedTask, packTask, unpackTask } from "./task.ts";
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

describe("a task of several containers", () => {
  const task = (more: object = {}) =>
    unpackTask({
      ...{ taskId: "20250119123456-abc12345" as TaskId, name: "web", createdAt: "2025-01-19T12:34:56.000Z" },
      spec: {
        containers: [
          {
            name: "app",
            image: "app:1",
            ports: [{ hostPort: 80, containerPort: 80, protocol: "tcp", hostIp: "0.0.0.0" }],
          },
          { name: "db", image: "db:1", sidecar: true },
        ],
        init: [{ name: "migrate", image: "m:1" }],
      },
      ...more,
    });
  const observed = {
    ...{ status: "failed", ready: false },
    containers: [
      { name: "migrate", status: "completed", exitCode: 0 },
      { name: "db", status: "failed", restarts: 2, exitCode: 3 },
      { name: "app", status: "running", restarts: 1, containerId: "c1", ready: true },
    ],
  };

  test("is shown flat as its first container, with each container beside it", () => {
    const view = viewTask(task({ observed }));
    expect(view).toMatchObject({ image: "app:1", containerId: "c1", restarts: 3, exitCode: 3, ready: false });
    expect(view.containers).toMatchObject([
      { name: "app", image: "app:1", status: "running", ready: true },
      { name: "db", sidecar: true, exitCode: 3 },
    ]);
    expect(view.initContainers).toMatchObject([{ name: "migrate", status: "completed" }]);
    expect(JSON.parse(taskText(task({ observed })))).toEqual(JSON.parse(JSON.stringify(view)));
  });

  test("is assigned without an image of its own, so that it is not taken for the flat form", () => {
    const wire = JSON.parse(assignmentText(task({ observed })));
    expect(wire).not.toHaveProperty("image");
    expect(wire.init).toMatchObject([{ name: "migrate", image: "m:1", exitCode: 0 }]);
    expect(wire.containers).toMatchObject([
      { name: "app", containerId: "c1" },
      { name: "db", restarts: 2 },
    ]);
  });

  test("keeps its fields in the log", () => {
    const whole = task({ observed });
    expect(unpackTask(JSON.parse(JSON.stringify(packTask(whole))))).toEqual(whole);
  });
});
