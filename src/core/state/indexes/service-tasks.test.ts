// Which changes of its tasks make a service be looked at.

import { expect, test } from "bun:test";
import { type Task, unpackTask } from "../../../model/task/task.ts";
import { Services } from "../../reconcile/service/test-services.ts";
import { ServiceTasks } from "./service-tasks.ts";

function placed(): Task {
  const services = new Services();
  services.put({ replicas: 1 });
  services.world.do({ type: "wake" });
  const [task] = services.tasks;
  expect(task!.observed.status).toBe("scheduled");
  return task!;
}

/** Whether the service is looked at after its task has changed so. */
function isLookedAt(before: Task, set: Partial<Task>): boolean {
  const tasks = new ServiceTasks();
  const id = before.owner!.id as never;
  tasks.moved(null, before);
  expect(tasks.queue.ready(0)).toEqual([id]);
  tasks.queue.done(id, null);
  tasks.moved(before, { ...before, ...set });
  return tasks.queue.ready(0).length > 0;
}

const observed = (before: Task, set: Partial<Task["observed"]>) => ({ observed: { ...before.observed, ...set } });
const container = { name: "", restarts: 0, requestedRestarts: 0 } as never;

test("the progress of a start is no reason to look, what becomes of it is", () => {
  const before = placed();
  const pulling = { code: "pulling", message: "pulling app:1, 40 %" } as const;
  expect(isLookedAt(before, observed(before, { reason: pulling }))).toBe(false);
  expect(isLookedAt(before, observed(before, { reason: pulling, containers: [container] }))).toBe(false);
  expect(isLookedAt(before, observed(before, { status: "running" }))).toBe(true);
  expect(isLookedAt(before, observed(before, { status: "failed" }))).toBe(true);
  const restarted = { ...(container as object), restarts: 1 } as never;
  expect(isLookedAt(before, observed(before, { containers: [restarted] }))).toBe(true);
  expect(isLookedAt(before, { desired: "stopped" })).toBe(true);
  expect(isLookedAt(before, { owner: { ...before.owner!, revision: 2 } })).toBe(true);
});

test("of a task that runs, every change is", () => {
  const before = unpackTask({ ...placed(), ...observed(placed(), { status: "running" }) } as never);
  expect(isLookedAt(before, observed(before, { ready: !before.observed.ready }))).toBe(true);
});
