// Stop, restart and removal of tasks as requests in the record: what each changes, and what it is refused for.

import { describe, expect, test } from "bun:test";
import { taskKind } from "../../model/task/kind.ts";
import { restartFeature } from "../../model/task/needs.ts";
import { specDefaults } from "../../model/task/spec.ts";
import { viewAssignment } from "../../model/task/view.ts";
import { World } from "../test-world.ts";

function running(more: object = {}) {
  const world = new World();
  const nodeId = world.node("n1", { features: [restartFeature] });
  const { taskId } = world.task("web", { stopGraceSeconds: 20, ...more });
  world.do(world.report(taskId, { status: "running" }));
  const task = () => world.state.task(taskId);
  return { world, nodeId, taskId, task };
}

describe("stop", () => {
  test("with the time of the template the record is as 0.1.0 wrote it", () => {
    const { world, taskId, task } = running();
    world.do({ type: "stopTask", taskId });
    expect(task().desired).toBe("stopped");
    expect(task()).not.toHaveProperty("requests");
    expect(task().observed.reason.message).toBe("asked to stop; it has 20 s before it is killed");
    expect(taskKind.pack(task())).not.toHaveProperty("requests");
    expect(world.do({ type: "stopTask", taskId }).changes).toEqual([]);
  });

  test("a later one can shorten the time, not lengthen it; workers get it as the time of the template", () => {
    const { world, taskId, task } = running();
    const stop = (graceSeconds: number) => world.do({ type: "stopTask", taskId, graceSeconds }).changes.length;
    expect([stop(30), stop(40), stop(5), stop(6), stop(0), stop(0)]).toEqual([1, 0, 1, 0, 1, 0]);
    expect(task().spec.stopGraceSeconds).toBe(20);
    expect(viewAssignment(task()).stopGraceSeconds).toBe(0);
    expect(task().observed.reason.message).toBe("asked to stop; it is killed at once");
  });
});

describe("restart", () => {
  const restart = (taskId: string) => ({ type: "restartTask", taskId: taskId as never, by: "anna@laptop" }) as const;

  test("is counted in the record, and says who asked", () => {
    const { world, taskId, task } = running();
    world.do(restart(taskId));
    world.do(restart(taskId));
    expect(task().requests).toEqual({
      ...{ graceSeconds: null, remove: false, restarts: 2, restartedBy: "anna@laptop" },
      restartAskedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(task().observed).toMatchObject({
      status: "running",
      reason: { code: "restart-requested", message: "restart asked for by anna@laptop" },
    });
    world.do(world.report(taskId, { status: "running", restarts: 1, requestedRestarts: 2 }));
    expect(world.view(taskId)).toMatchObject({ restarts: 1, requestedRestarts: 2, requests: { restarts: 2 } });
  });

  test("the time of a restart counts until it is done: a later stop has that of the template", () => {
    const { world, taskId, task } = running();
    world.do({ ...restart(taskId), graceSeconds: 0 });
    expect(viewAssignment(task()).stopGraceSeconds).toBe(0);
    world.do(world.report(taskId, { status: "running", restarts: 1, requestedRestarts: 1 }));
    expect(viewAssignment(task()).stopGraceSeconds).toBe(20);
    world.do({ type: "stopTask", taskId, graceSeconds: 5 });
    expect(viewAssignment(task()).stopGraceSeconds).toBe(5);
  });

  test("is refused for a task that waits, has not started, is being stopped or has finished", () => {
    const { world, taskId } = running();
    const waiting = world.task("waiting", { constraints: [{ type: "node", operator: "equals", value: "n9" }] });
    const placed = world.task("placed");
    expect(world.refusal(restart(waiting.taskId))).toBe("illegal-move");
    expect(world.refusal(restart(placed.taskId))).toBe("illegal-move");
    world.do({ type: "stopTask", taskId });
    expect(world.refusal(restart(taskId))).toBe("illegal-move");
    world.do(world.report(taskId, { status: "stopped" }));
    expect(world.refusal(restart(taskId))).toBe("illegal-move");
  });

  test("is refused while the worker of the node does not know it, also after a downgrade", () => {
    const { world, taskId } = running();
    world.node("n1");
    expect(world.refusal(restart(taskId))).toBe("unprocessable");
    world.node("n1", { features: [restartFeature] });
    expect(world.refusal(restart(taskId))).toBe("granted");
  });
});

describe("removal when the task has ended", () => {
  const remove = (taskId: string) =>
    ({ type: "removeTask", taskId: taskId as never, force: true, whenEnded: true }) as const;

  test("stops the task without a grace; its record goes with the report of its end", () => {
    const { world, taskId, task } = running();
    world.do(remove(taskId));
    expect(task()).toMatchObject({ desired: "stopped", requests: { graceSeconds: 0, remove: true } });
    expect(world.do(remove(taskId)).changes).toEqual([]);
    const { changes } = world.do(world.report(taskId, { status: "stopped" }));
    expect(changes.map(({ type }) => type)).toEqual(["task.updated", "task.removed"]);
    expect(world.state.tasks.has(taskId)).toBe(false);
  });

  test("with its node lost the record goes, and nothing replaces it", () => {
    const { world, nodeId, taskId } = running({
      restartPolicy: { ...specDefaults.restartPolicy, mode: "always" },
    });
    world.do(remove(taskId));
    world.do({ type: "loseNode", nodeId, silentMs: 3000 });
    expect(world.state.tasks.size).toBe(0);
  });

  test("a task that waits, or has finished, goes at once", () => {
    const { world, taskId } = running();
    const waiting = world.task("waiting", { constraints: [{ type: "node", operator: "equals", value: "n9" }] });
    world.do(remove(waiting.taskId));
    world.do(world.report(taskId, { status: "completed" }));
    world.do(remove(taskId));
    expect(world.state.tasks.size).toBe(0);
  });
});
