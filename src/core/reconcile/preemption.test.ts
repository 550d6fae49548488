// Tasks that free capacity for one with a higher priority: which of them, how they are stopped, what takes their place, and what the
// records say of it.

import { describe, expect, test } from "bun:test";
import { packTask } from "../../model/task/task.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import type { TaskView } from "../../model/task/view.ts";
import { World } from "../test-world.ts";
import { Services } from "./service/test-services.ts";

const cores = (request: number) => ({
  resources: { cpu: { request, limit: null }, memory: { request: 0, limit: null } },
});
const always = {
  restartPolicy: { mode: "always", maxRestarts: null, backoffInitialMs: 1, backoffMaxMs: 1, resetAfterMs: 1 },
} as const satisfies Partial<ParsedTaskInput>;

/** Nodes of 4 cores. */
function cluster(...hostnames: string[]): World {
  const world = new World();
  for (const hostname of hostnames) world.node(hostname);
  return world;
}

const fresh = (world: World, { taskId }: TaskView): TaskView => world.view(taskId);
const stop = (world: World, { taskId }: TaskView): void => {
  world.do(world.report(taskId, { status: "stopped", exitCode: 143 } as never));
};

describe("a task that fits no node", () => {
  test("takes the place of the one with the lowest priority, when that has left", () => {
    const world = cluster("n1", "n2");
    const low = world.task("low", { ...cores(3), priority: -1 });
    const usual = world.task("usual", cores(3));
    const high = world.task("high", { ...cores(2), priority: 100 });
    expect(high).toMatchObject({ status: "pending", nodeId: null, reason: { code: "preempting" } });
    expect(high.reason.message).toBe(
      "no node has capacity; stops low (priority -1) on n1, and waits until it has left",
    );
    expect(fresh(world, usual).desired).toBe("running");
    const leaving = fresh(world, low);
    expect(leaving).toMatchObject({
      desired: "stopped",
      requests: { preempted: { by: high.taskId, name: "high", priority: 100 } },
    });
    expect(leaving.reason.message).toContain("preempted by high (priority 100)");
    stop(world, low);
    expect(fresh(world, high)).toMatchObject({ status: "scheduled", nodeId: low.nodeId });
    expect(fresh(world, low).reason.message).toBe("preempted by high (priority 100); stopped with exit code 143");
  });

  test("stops no one of its own priority, and waits", () => {
    const world = cluster("n1");
    const first = world.task("first", { ...cores(3), priority: 5 });
    expect(world.task("second", { ...cores(3), priority: 5 }).reason.code).toBe("no-node-fits");
    expect(fresh(world, first).desired).toBe("running");
  });

  test("stops as few as it needs, and no one where even all would not be enough", () => {
    const world = cluster("n1");
    const tasks = [1, 1, 2].map((amount, at) => world.task(`t${at}`, cores(amount)));
    world.task("big", { ...cores(2), priority: 1 });
    expect(tasks.map((task) => fresh(world, task).desired)).toEqual(["running", "running", "stopped"]);
    world.task("huge", { ...cores(5), priority: 1 });
    expect(tasks.map((task) => fresh(world, task).desired)).toEqual(["running", "running", "stopped"]);
  });

  test("frees its fixed port", () => {
    const world = cluster("n1");
    const ports = [{ hostPort: 80, containerPort: 80, protocol: "tcp" as const, hostIp: "0.0.0.0" }];
    const other = world.task("other");
    const holder = world.task("holder", { ports });
    const high = world.task("high", { ports, priority: 1 });
    expect([fresh(world, other).desired, fresh(world, holder).desired]).toEqual(["running", "stopped"]);
    stop(world, holder);
    expect(fresh(world, high).status).toBe("scheduled");
  });
});

describe("the capacity", () => {
  test("is kept while others leave: a smaller task does not get it", () => {
    const world = cluster("n1");
    const tasks = [2, 2].map((amount, at) => world.task(`t${at}`, cores(amount)));
    const high = world.task("high", { ...cores(4), priority: 1 });
    stop(world, tasks[0]!);
    expect(world.task("small", cores(1)).status).toBe("pending");
    expect(fresh(world, high).status).toBe("pending");
    stop(world, tasks[1]!);
    expect(fresh(world, high).status).toBe("scheduled");
  });

  test("is free again when the task is removed that it is held for", () => {
    const world = cluster("n1");
    const tasks = [2, 2].map((amount, at) => world.task(`t${at}`, cores(amount)));
    const high = world.task("high", { ...cores(4), priority: 1 });
    const small = world.task("small", cores(1));
    stop(world, tasks[0]!);
    expect(fresh(world, small).status).toBe("pending");
    world.do({ type: "removeTask", taskId: high.taskId, force: true });
    expect(fresh(world, small).status).toBe("scheduled");
  });
});

describe("a named volume of the task that waits", () => {
  const mounts = (readOnly: boolean) => ({
    mounts: [{ type: "volume" as const, source: "data", target: "/data", readOnly, sizeBytes: null }],
  });

  /** Two tasks leave n1 for a task with the volume; n2 has capacity for small ones. */
  function whileOthersLeave(readOnly = false) {
    const world = cluster("n1");
    const low = [2, 2].map((amount, at) => world.task(`low${at}`, cores(amount)));
    const nodeId = world.node("n2");
    world.task("equal", { ...cores(3), priority: 1 });
    const high = world.task("high", { ...cores(4), ...mounts(readOnly), priority: 1 });
    expect(high.reason.code).toBe("preempting");
    return { world, low, high, other: nodeId };
  }

  test("goes to no other writer before", () => {
    const { world, low, high } = whileOthersLeave();
    const late = world.task("late", { ...cores(1), ...mounts(false) });
    const peer = world.task("peer", { ...cores(1), ...mounts(false), priority: 1 });
    expect(world.task("without", cores(1)).status).toBe("scheduled");
    for (const each of low) stop(world, each);
    expect([high, late, peer].map((each) => fresh(world, each).status)).toEqual(["scheduled", "pending", "pending"]);
    expect(world.state.tables.volume.get("data")!.hostname).toBe("n1");
  });

  test("is bound to no other node before", () => {
    const { world, low, high } = whileOthersLeave(true);
    const late = world.task("late", { ...cores(1), ...mounts(true) });
    expect(late.status).toBe("pending");
    for (const each of low) stop(world, each);
    expect([high, late].map((each) => fresh(world, each).status)).toEqual(["scheduled", "pending"]);
  });

  test("is free again when that task is removed", () => {
    const { world, high, other } = whileOthersLeave();
    const late = world.task("late", { ...cores(1), ...mounts(false) });
    expect(late.status).toBe("pending");
    world.do({ type: "removeTask", taskId: high.taskId, force: true });
    expect(fresh(world, late)).toMatchObject({ status: "scheduled", nodeId: other });
  });

  test("is as it was before when the steps are taken back", () => {
    const { world, high, low } = whileOthersLeave(true);
    const { volumes } = world.state.schedule;
    const places = () => [false, true].map((writes) => volumes.placeFor([{ name: "data", writes }]));
    const held = places();
    expect(held).toEqual([low[0]!.nodeId!, low[0]!.nodeId!]);
    world.do({ type: "removeTask", taskId: high.taskId, force: true }).undo();
    expect(places()).toEqual(held);
    world.do({ type: "removeTask", taskId: high.taskId, force: true });
    expect(places()).toEqual(["any", "any"]);
  });

  test("is free when the tick that stopped the others is taken back", () => {
    const world = cluster("n1");
    world.task("low", cores(4));
    const input = { name: "high", image: "busybox", ...cores(4), ...mounts(false), priority: 1 };
    const tick = world.do({ type: "createTask", input });
    const uses = [{ name: "data", writes: true }];
    expect(world.state.schedule.volumes.placeFor(uses)).toBe("none");
    tick.undo();
    expect(world.state.schedule.volumes.placeFor(uses)).toBe("any");
  });
});

test("a task that its policy keeps alive waits again in another record; one that runs once stays stopped", () => {
  const world = cluster("n1");
  const kept = world.task("kept", { ...cores(2), ...always });
  const once = world.task("once", cores(2));
  world.task("high", { ...cores(4), priority: 1 });
  stop(world, kept);
  stop(world, once);
  const next = fresh(world, kept).replacedBy;
  expect(world.view(next!)).toMatchObject({ name: "kept", status: "pending", reason: { code: "no-node-fits" } });
  expect(fresh(world, once)).toMatchObject({ status: "stopped", replacedBy: null });
});

test("higher priorities are placed first, whatever their age", () => {
  const world = new World();
  const low = world.task("low", { ...cores(3), priority: -1 });
  const usual = world.task("usual", cores(3));
  const high = world.task("high", { ...cores(3), priority: 1 });
  world.node("n1");
  expect([low, usual, high].map((task) => fresh(world, task).status)).toEqual(["pending", "pending", "scheduled"]);
  world.node("n2");
  expect([low, usual].map((task) => fresh(world, task).status)).toEqual(["pending", "scheduled"]);
});

test("a replica that serves is drained, and its service starts another one elsewhere", () => {
  const cluster = new Services(0);
  for (const hostname of ["n1", "n2"]) cluster.world.node(hostname, { cpu: 2, memory: 0 });
  const rollout = { drainMs: 1000, minReadyMs: 0, monitorMs: 0 };
  cluster.put({ replicas: 2, ...cores(1), rollout } as never);
  cluster.settle();
  expect(cluster.serving.length).toBe(2);
  const constraints = [{ type: "node" as const, operator: "equals" as const, value: "n1" }];
  cluster.world.task("high", { ...cores(2), constraints, priority: 10 });
  const leaving = cluster.tasks.find(({ requests }) => requests?.preempted)!;
  expect(leaving).toMatchObject({ desired: "draining", observed: { reason: { code: "draining" } } });
  expect(leaving.observed.reason.message).toStartWith("preempted by high (priority 10): ");
  cluster.settle();
  const nodes = new Set(cluster.serving.map(({ placement }) => cluster.world.state.node(placement!.nodeId).hostname));
  expect([cluster.serving.length, ...nodes]).toEqual([2, "n2"]);
});

test("a service that would have too few left is spared where another one has more than it needs", () => {
  const cluster = new Services(0);
  for (const hostname of ["n1", "n2"]) cluster.world.node(hostname, { cpu: 1, memory: 0 });
  const rollout = { drainMs: 0, minReadyMs: 0, monitorMs: 0 };
  const put = (name: string, maxUnavailable: number) =>
    cluster.put({ name, replicas: 1, ...cores(1), rollout: { ...rollout, maxUnavailable } } as never);
  put("web", 0);
  put("batch", 1);
  cluster.settle();
  cluster.world.task("high", { ...cores(1), priority: 10 });
  const stopped = [...cluster.world.state.tasks.values()].filter(({ requests }) => requests?.preempted);
  expect(stopped.map(({ name }) => name)).toEqual(["batch.1"]);
});

test("a rollout that raises the priority stops no replica of its own service, and keeps its floor", () => {
  const cluster = new Services(0);
  cluster.world.node("n1", { cpu: 3, memory: 0 });
  const rollout = { drainMs: 0, minReadyMs: 0, monitorMs: 0 };
  cluster.put({ replicas: 3, ...cores(1), rollout } as never);
  cluster.settle();
  cluster.put({ replicas: 3, ...cores(1), rollout, priority: 10 } as never);
  for (let round = 0; round < 5; round++) cluster.round();
  expect(cluster.tasks.filter(({ requests }) => requests?.preempted)).toEqual([]);
  expect(cluster.serving.map(({ name }) => name)).toEqual(["web.1", "web.2", "web.3"]);
  const waiting = cluster.tasks.find(({ observed }) => observed.status === "pending")!;
  expect(waiting.observed.reason.code).toBe("no-node-fits");
});

test("a task without a priority has no field for it", () => {
  const world = cluster("n1");
  for (const priority of [undefined, 0]) {
    const input = priority === undefined ? {} : { priority };
    const { taskId } = world.task("t", input as Partial<ParsedTaskInput>);
    expect(JSON.stringify(packTask(world.state.task(taskId)))).not.toContain("priority");
  }
});
