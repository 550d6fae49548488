// The tick as tables and sequences: what commands change, what is refused, and what the reconcilers do without a
// command.

import { describe, expect, test } from "bun:test";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { containerDefaults, specDefaults } from "../model/task/spec.ts";
import type { ParsedTaskInput } from "../model/task/task-input.ts";
import type { Command, TaskReportFields } from "./commands/command.ts";
import { ClusterState } from "./state/cluster-state.ts";
import { readSnapshot, writeSnapshot } from "./state/snapshot.ts";
import { retention, World } from "./test-world.ts";
import { commandEntries } from "./tick.ts";

describe("placing", () => {
  test("a task is scheduled in the tick that creates it, when a node fits", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const task = world.task("web");
    expect(task).toMatchObject({ status: "scheduled", nodeId, scheduledRevision: world.state.revision });
    expect(task.taskId).toMatch(/^20250119123456-[a-z0-9]{8}$/);
  });

  test("without a node it waits, with the reason, and is placed when one joins", () => {
    const world = new World();
    const { taskId } = world.task("web");
    expect(world.view(taskId).reason.code).toBe("no-nodes");
    world.node("n1");
    expect(world.view(taskId).status).toBe("scheduled");
  });

  test("when capacity becomes free, the oldest waiting task gets it", () => {
    const world = new World();
    world.node("n1", { capacity: 1 });
    const [first, second, third] = [world.task("a"), world.task("b"), world.task("c")];
    expect(world.view(second.taskId).reason).toMatchObject({ code: "no-node-fits" });
    world.do(world.report(first.taskId, { status: "running" }));
    world.do(world.report(first.taskId, { status: "completed", exitCode: 0 }));
    expect(world.view(second.taskId).status).toBe("scheduled");
    expect(world.view(third.taskId).status).toBe("pending");
  });

  test("a task that is created and placed in one tick is one change; undone, nothing is left of it", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { cursors } = world.state;
    const create = (name: string): Command => ({ type: "createTask", input: { name, image: "busybox" } });
    const tick = world.tick(create("a"), create("b"));
    expect(tick.changes.map(({ type }) => type)).toEqual(["task.created", "task.created"]);
    expect(tick.changes[1]).toMatchObject({
      record: { name: "b", placement: { nodeId }, observed: { status: "scheduled" } },
    });
    expect(tick.deltas.map(({ before }) => before)).toEqual([null, null]);
    tick.undo();
    expect(world.state.tasks.size).toBe(0);
    expect(world.state.placedOn(nodeId).size).toBe(0);
    expect(world.state.cursors).toEqual(cursors);
  });

  test("a batch with a node and the tasks that it gets is read in the order that it needs", () => {
    const world = new World();
    const registration = { hostname: "n1", port: 1, address: "a", capacity: 9, cpu: 0, memory: 0, labels: {} };
    const rest = { engine: null, engineError: null, version: "" };
    const create: Command = { type: "createTask", input: { name: "a", image: "busybox" } };
    const { changes } = world.tick(create, { type: "registerNode", registration: { ...registration, ...rest } });
    expect(changes.map(({ type }) => type)).toEqual(["node.created", "task.created"]);
    const replayed = new ClusterState();
    for (const change of changes) replayed.apply(change);
    expect([...replayed.tasks.values()]).toEqual([...world.state.tasks.values()]);
    expect(replayed.cursors).toEqual(world.state.cursors);
  });

  test("a placement that is undone leaves the order as it was", () => {
    const world = new World();
    const tasks = ["a", "b", "c", "d"].map((name) => world.task(name));
    const join: Command = {
      type: "registerNode",
      registration: {
        hostname: "n1",
        port: 1,
        address: "a",
        capacity: 2,
        cpu: 0,
        memory: 0,
        labels: {},
        engine: null,
        engineError: null,
        version: "",
      },
    };
    world.tick(join).undo();
    world.do(join);
    expect(tasks.map(({ taskId }) => world.view(taskId).status)).toEqual([
      "scheduled",
      "scheduled",
      "pending",
      "pending",
    ]);
  });

  test("the reason of a waiting task changes with its cause", () => {
    const world = new World();
    const { taskId } = world.task("web", { constraints: [{ type: "label", key: "disk", operator: "exists" }] });
    expect(world.view(taskId).reason.code).toBe("no-nodes");
    world.node("n1");
    expect(world.view(taskId).reason.code).toBe("no-node-fits");
    const replayed = readSnapshot(writeSnapshot(world.state));
    expect(replayed.task(taskId).observed.reason.code).toBe("no-node-fits");
  });

  test("a smaller task passes a larger one that does not fit", () => {
    const world = new World();
    world.node("n1", { cpu: 1 });
    const large = world.task("large", {
      resources: { ...containerDefaults.resources, cpu: { request: 2, limit: null } },
    });
    const small = world.task("small", {
      resources: { ...containerDefaults.resources, cpu: { request: 1, limit: null } },
    });
    expect([large.status, small.status]).toEqual(["pending", "scheduled"]);
  });

  test("uncordoning a node places waiting tasks", () => {
    const world = new World();
    const nodeId = world.node("n1");
    world.do({ type: "setSchedulable", nodeId, schedulable: false });
    const { taskId } = world.task("web");
    expect(world.view(taskId).status).toBe("pending");
    world.do({ type: "setSchedulable", nodeId, schedulable: true });
    expect(world.view(taskId).status).toBe("scheduled");
  });
});

describe("reports", () => {
  const rows: [name: string, before: TaskReportFields[], report: TaskReportFields, result: string][] = [
    ["scheduled to running", [], { status: "running" }, "granted"],
    ["scheduled to completed skips a step", [], { status: "completed" }, "illegal-move"],
    ["scheduled to failed", [], { status: "failed", error: "no such image" }, "granted"],
    ["running to completed", [{ status: "running" }], { status: "completed", exitCode: 0 }, "granted"],
    ["back to scheduled", [{ status: "running" }], { status: "scheduled" }, "illegal-move"],
    ["back to pending", [{ status: "running" }], { status: "pending" }, "illegal-move"],
    ["stopped without being asked", [{ status: "running" }], { status: "stopped" }, "illegal-move"],
    ["the same again", [{ status: "running" }], { status: "running" }, "granted"],
    ["the end again", [{ status: "running" }, { status: "completed" }], { status: "completed" }, "granted"],
    ["another end", [{ status: "running" }, { status: "completed" }], { status: "failed" }, "illegal-move"],
    ["by another node", [], { status: "running", nodeId: "node-00000000" }, "not-your-task"],
  ];
  test.each(rows)("%s", (_, before, report, result) => {
    const world = new World();
    world.node("n1");
    const { taskId } = world.task("web");
    for (const one of before) world.do(world.report(taskId, one));
    expect(world.refusal(world.report(taskId, report))).toBe(result);
  });

  test("a container that the task does not have is refused", () => {
    const world = new World();
    world.node("n1");
    const { taskId } = world.task("web");
    const containers = (name: string) =>
      world.report(taskId, { status: "running", containers: [{ name, restarts: 1 }] });
    expect(world.refusal(containers("sidecar"))).toBe("unprocessable");
    expect(world.refusal(containers("main"))).toBe("granted");
    expect(world.state.task(taskId).observed.containers.map(({ name }) => name)).toEqual(["main"]);
  });

  test("a task is ready only while it runs", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const ready = ({ taskId }: { taskId: TaskId }) => world.state.task(taskId).observed.ready;
    const [ended, lost] = [world.task("ended"), world.task("lost")];
    for (const task of [ended, lost]) world.do(world.report(task.taskId, { status: "running" }));
    expect([ready(ended), ready(lost)]).toEqual([true, true]);
    world.do(world.report(ended.taskId, { status: "failed", ready: true }));
    world.do({ type: "loseNode", nodeId, silentMs: 3000 });
    expect([ready(ended), ready(lost)]).toEqual([false, false]);
  });

  test("a repeated report changes nothing at all", () => {
    const world = new World();
    world.node("n1");
    const { taskId } = world.task("web");
    const report = world.report(taskId, { status: "running", containerId: "abc", restarts: 0 });
    world.do(report);
    const { revision } = world.state;
    expect(world.do(report).changes).toEqual([]);
    expect(world.state.revision).toBe(revision);
  });

  test("a report without times and reason gets them from the master", () => {
    const world = new World();
    world.node("n1");
    const { taskId } = world.task("web");
    world.do(world.report(taskId, { status: "running" }));
    world.now += 1000;
    world.do(world.report(taskId, { status: "failed", exitCode: 3 }));
    expect(world.view(taskId)).toMatchObject({
      startedAt: "2025-01-19T12:34:56.000Z",
      finishedAt: "2025-01-19T12:34:57.000Z",
      reason: { code: "exited", message: "exited with code 3" },
      exitCode: 3,
    });
  });
});

describe("stopping and removing", () => {
  test("a pending task stops at once, a placed one is asked", () => {
    const world = new World();
    const waiting = world.task("waiting");
    world.do({ type: "stopTask", taskId: waiting.taskId });
    expect(world.view(waiting.taskId).status).toBe("stopped");
    world.node("n1");
    const placed = world.task("placed");
    world.do({ type: "stopTask", taskId: placed.taskId });
    expect(world.view(placed.taskId)).toMatchObject({ status: "scheduled", desired: "stopped" });
    world.do(world.report(placed.taskId, { status: "stopped", exitCode: 143 }));
    expect(world.do({ type: "stopTask", taskId: placed.taskId }).changes).toEqual([]);
  });

  test("an unfinished task is removed only with force, and frees its capacity", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    expect(world.refusal({ type: "removeTask", taskId, force: false })).toBe("task-live");
    const tick = world.do({ type: "removeTask", taskId, force: true });
    expect(tick.deltas).toMatchObject([{ kind: "task", before: { name: "web" }, after: null }]);
    expect(world.state.schedule.usage(nodeId).runningTasks).toBe(0);
    expect(world.refusal({ type: "removeTask", taskId, force: true })).toBe("task-not-found");
  });
});

describe("idempotency", () => {
  const input: ParsedTaskInput = { name: "web", image: "busybox" };
  test("the same key and body is the same task; another body is refused", () => {
    const world = new World();
    const create = (fingerprint: string): Command => ({
      type: "createTask",
      input,
      idempotency: { key: "k", fingerprint },
    });
    const [first, again] = world.tick(create("a"), create("a")).outcomes;
    expect(again).toEqual(first!);
    expect(world.state.tasks.size).toBe(1);
    expect(world.refusal(create("b"))).toBe("idempotency-conflict");
  });
});

describe("a name that must be free", () => {
  const create = (more: Partial<Extract<Command, { type: "createTask" }>> = {}): Command => ({
    type: "createTask",
    input: { name: "web", image: "busybox" },
    nameMustBeFree: true,
    ...more,
  });

  test("of two creates in one tick the second is refused; without the condition it is granted", () => {
    const world = new World();
    const [first, second, third] = world.tick(create(), create(), create({ nameMustBeFree: false })).outcomes;
    expect(first!.ok && third!.ok).toBe(true);
    expect(second).toMatchObject({
      ok: false,
      refusal: { code: "name-taken", details: { name: "web", taskId: first!.ok && first!.value.taskId } },
    });
    expect(world.state.tasks.size).toBe(2);
  });

  test("a task that is being stopped has its name; a finished one has not", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    world.do({ type: "stopTask", taskId });
    expect(world.refusal(create())).toBe("name-taken");
    world.do(world.report(taskId, { status: "stopped", nodeId, reason: { code: "stopped", message: "stopped" } }));
    expect(world.refusal(create())).toBe("granted");
  });

  test("a replacement of a lost task keeps the name", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web", { restartPolicy: { ...specDefaults.restartPolicy, mode: "always" } });
    world.do({ type: "loseNode", nodeId, silentMs: 3000 });
    expect(world.view(taskId).status).toBe("failed");
    expect(world.refusal(create())).toBe("name-taken");
  });

  test("a repeated request with the same key is no conflict", () => {
    const world = new World();
    const again = create({ idempotency: { key: "k", fingerprint: "a" } });
    const [first, second] = world.tick(again, again).outcomes;
    expect(second).toEqual(first!);
    expect(first!.ok).toBe(true);
  });
});

describe("retention", () => {
  test("after a removal that is undone, the oldest finished task is still removed first", () => {
    const world = new World();
    const tasks = ["a", "b"].map((name) => {
      const task = world.task(name);
      world.now += 1000;
      world.do({ type: "stopTask", taskId: task.taskId });
      return task;
    });
    world.tick({ type: "removeTask", taskId: tasks[0]!.taskId, force: false }).undo();
    expect([...world.state.finished.values()]).toEqual(tasks.map(({ taskId }) => taskId));
  });

  test("finished tasks are removed by count and by age", () => {
    const world = new World();
    for (let i = 0; i < retention.count + 5; i++) {
      const { taskId } = world.task("job");
      world.do({ type: "stopTask", taskId });
    }
    expect(world.state.finished.size).toBe(retention.count);
    world.now += retention.ageMs;
    world.do({ type: "wake" });
    expect(world.state.tasks.size).toBe(0);
  });
});

describe("the commands of a batch", () => {
  const user = { kind: "user" as const, name: "anna@laptop" };
  const granted = (taskId: string) => ({ ok: true as const, value: { taskId: taskId as TaskId } });
  const create = { type: "createTask" as const, input: { name: "web", image: "busybox" } };

  test("alike commands share an entry; another origin, a request id and a refusal do not", () => {
    const stop = { type: "stopTask" as const, taskId: "a" as TaskId };
    const refusal = { code: "task-not-found" as const, message: "there is no task a" };
    const submissions = [
      { command: create, origin: user },
      { command: create, origin: user },
      { command: create, origin: { ...user, requestId: "r1" } },
      { command: stop, origin: user },
      { command: { type: "wake" as const }, origin: { kind: "system" as const, name: "timer" } },
    ];
    const outcomes = [granted("a"), granted("b"), granted("c"), { ok: false as const, refusal }, granted("d")];
    expect(commandEntries(submissions, outcomes)).toEqual([
      { type: "createTask", by: "user:anna@laptop", targets: ["a", "b"] },
      { type: "createTask", by: "user:anna@laptop", targets: ["c"], request: "r1" },
      { type: "stopTask", by: "user:anna@laptop", targets: ["a"], refused: "task-not-found" },
    ]);
  });

  test("beyond the limit they are counted", () => {
    const many = Array.from({ length: limits.batchCommandEntries + 3 }, () => ({ command: create, origin: user }));
    const [named, counted] = commandEntries(
      many,
      many.map((_, index) => granted(`t${index}`)),
    );
    expect(named?.targets?.length).toBe(limits.batchCommandEntries);
    expect(counted).toEqual({ type: "createTask", by: "user:", count: 3 });
  });
});
