// What the index of pending tasks keeps does not grow: neither with the number of scheduling classes that once had tasks, nor
// with the nodes that gained capacity while no task waited. Neither changes a decision, so no other test can notice it.

import { expect, test } from "bun:test";
import type { NodeId } from "../../../model/ids.ts";
import type { Task } from "../../../model/task/task.ts";
import { VolumeBook } from "../../schedule/index/volume-book.ts";
import type { WaitingClass } from "../../schedule/waiting/waiting-class.ts";
import { World } from "../../test-world.ts";
import { PendingTasks } from "./pending.ts";

/** Classes without tasks that may be kept, because the next task is often like the last one. */
const mostKept = 16;

/** Pending tasks, each of a scheduling class of its own. */
function waitingTasks(count: number): Task[] {
  const world = new World();
  return Array.from({ length: count }, (_, index) => {
    const constraints = [{ type: "label" as const, key: "disk", operator: "equals" as const, value: `d${index}` }];
    return world.state.task(world.task(`t${index}`, { constraints }).taskId);
  });
}

function add(pending: PendingTasks, tasks: readonly Task[]): Set<WaitingClass> {
  for (const task of tasks) pending.moved(null, task);
  return new Set(pending.untried);
}

function remove(pending: PendingTasks, tasks: readonly Task[]): void {
  for (const task of tasks) pending.moved(task, null);
}

test("scheduling classes without tasks are forgotten, all but a few", () => {
  const pending = new PendingTasks(new VolumeBook(() => undefined));
  const tasks = waitingTasks(5 * mostKept);
  const before = add(pending, tasks);
  expect(before.size).toBe(tasks.length);
  remove(pending, tasks);
  const after = add(pending, tasks);
  expect(after.size).toBe(tasks.length);
  const kept = [...after].filter((waiting) => before.has(waiting));
  expect(kept.length).toBeLessThanOrEqual(mostKept);
});

test("a class without tasks is kept while there are few", () => {
  const pending = new PendingTasks(new VolumeBook(() => undefined));
  const tasks = waitingTasks(1);
  const [before] = add(pending, tasks);
  remove(pending, tasks);
  expect([...add(pending, tasks)][0]).toBe(before!);
});

test("nodes that gain capacity are noted only while a task waits", () => {
  const pending = new PendingTasks(new VolumeBook(() => undefined));
  const [first, second] = waitingTasks(2) as [Task, Task];
  const node = "n1" as NodeId;
  pending.nodeGained(node);
  expect([...pending.gained]).toEqual([]);
  add(pending, [first, second]);
  pending.nodeGained(node);
  expect([...pending.gained]).toEqual([node]);
  remove(pending, [first]);
  expect([...pending.gained]).toEqual([node]);
  remove(pending, [second]);
  expect([...pending.gained]).toEqual([]);
});
