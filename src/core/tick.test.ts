// The tick as tables and sequences: what commands change, what is refused, what settles by itself.

import { describe, expect, test } from "bun:test";
import type { NodeId, TaskId } from "../model/ids.ts";
import type { Task } from "../model/task/task.ts";
import { specDefaults } from "../model/task/task.ts";
import type { ParsedTaskInput } from "../model/task/task-input.ts";
import type { Command, TaskReportFields } from "./commands/command.ts";
import { ClusterState } from "./state/cluster-state.ts";
import { readSnapshot, writeSnapshot } from "./state/snapshot.ts";
import { runTick, type Tick } from "./tick.ts";

const start = Date.UTC(2025, 0, 19, 12, 34, 56);
const retention = { count: 100, ageMs: 60_000 };

class World {
  readonly state = new ClusterState();
  now = start;
  #seed = 1;

  tick(...commands: Command[]): Tick {
    return runTick(this.state, commands, { now: this.now, seed: this.#seed++, retention });
  }

  /** Runs one command that must be granted. */
  do(command: Command): Tick {
    const tick = this.tick(command);
    const [outcome] = tick.outcomes;
    if (outcome?.ok === false) throw new Error(outcome.refusal.message);
    return tick;
  }

  refusal(command: Command): string {
    const [outcome] = this.tick(command).outcomes;
    return outcome!.ok ? "granted" : outcome!.refusal.code;
  }

  node(hostname: string, more: Record<string, unknown> = {}): NodeId {
    const registration = {
      hostname,
      port: 8081,
      address: "127.0.0.1",
      capacity: 10,
      cpu: 4,
      memory: 4 * 1024 ** 3,
      labels: {},
      engine: null,
      engineError: null,
      version: "",
      ...more,
    };
    const [outcome] = this.do({ type: "registerNode", registration }).outcomes;
    return outcome!.ok ? outcome!.value.nodeId! : ("" as NodeId);
  }

  task(name: string, more: Partial<ParsedTaskInput> = {}): Task {
    const wish: ParsedTaskInput = { name, image: "busybox", ...more };
    const [outcome] = this.do({ type: "createTask", wish }).outcomes;
    return this.state.task(outcome!.ok ? outcome!.value.taskId! : ("" as TaskId));
  }

  report(taskId: TaskId, report: TaskReportFields): Command {
    return { type: "reportTask", taskId, report };
  }
}

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
    expect(world.state.task(taskId).reason.code).toBe("no-nodes");
    world.node("n1");
    expect(world.state.task(taskId).status).toBe("scheduled");
  });

  test("a full cluster makes the oldest wait least", () => {
    const world = new World();
    world.node("n1", { capacity: 1 });
    const [first, second, third] = [world.task("a"), world.task("b"), world.task("c")];
    expect(world.state.task(second.taskId).reason).toMatchObject({ code: "no-node-fits" });
    world.do(world.report(first.taskId, { status: "running" }));
    world.do(world.report(first.taskId, { status: "completed", exitCode: 0 }));
    expect(world.state.task(second.taskId).status).toBe("scheduled");
    expect(world.state.task(third.taskId).status).toBe("pending");
  });

  test("a placement taken back leaves the order as it was", () => {
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
    expect(tasks.map(({ taskId }) => world.state.task(taskId).status)).toEqual([
      "scheduled",
      "scheduled",
      "pending",
      "pending",
    ]);
  });

  test("the reason of a waiting task follows what is in its way", () => {
    const world = new World();
    const { taskId } = world.task("web", { constraints: [{ type: "label", key: "disk", operator: "exists" }] });
    expect(world.state.task(taskId).reason.code).toBe("no-nodes");
    world.node("n1");
    expect(world.state.task(taskId).reason.code).toBe("no-node-fits");
    const replayed = readSnapshot(writeSnapshot(world.state));
    expect(replayed.task(taskId).reason.code).toBe("no-node-fits");
  });

  test("a smaller task passes a larger one that does not fit", () => {
    const world = new World();
    world.node("n1", { cpu: 1 });
    const large = world.task("large", { resources: { ...specDefaults.resources, cpu: { request: 2, limit: null } } });
    const small = world.task("small", { resources: { ...specDefaults.resources, cpu: { request: 1, limit: null } } });
    expect([large.status, small.status]).toEqual(["pending", "scheduled"]);
  });

  test("uncordon places what waits", () => {
    const world = new World();
    const nodeId = world.node("n1");
    world.do({ type: "setSchedulable", nodeId, schedulable: false });
    const { taskId } = world.task("web");
    expect(world.state.task(taskId).status).toBe("pending");
    world.do({ type: "setSchedulable", nodeId, schedulable: true });
    expect(world.state.task(taskId).status).toBe("scheduled");
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

  test("a short report gets its times and its reason", () => {
    const world = new World();
    world.node("n1");
    const { taskId } = world.task("web");
    world.do(world.report(taskId, { status: "running" }));
    world.now += 1000;
    world.do(world.report(taskId, { status: "failed", exitCode: 3 }));
    expect(world.state.task(taskId)).toMatchObject({
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
    expect(world.state.task(waiting.taskId).status).toBe("stopped");
    world.node("n1");
    const placed = world.task("placed");
    world.do({ type: "stopTask", taskId: placed.taskId });
    expect(world.state.task(placed.taskId)).toMatchObject({ status: "scheduled", desired: "stopped" });
    world.do(world.report(placed.taskId, { status: "stopped", exitCode: 143 }));
    expect(world.do({ type: "stopTask", taskId: placed.taskId }).changes).toEqual([]);
  });

  test("a live task is removed only with force, and gives its room back", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    expect(world.refusal({ type: "removeTask", taskId, force: false })).toBe("task-live");
    const tick = world.do({ type: "removeTask", taskId, force: true });
    expect(tick.removed.tasks.get(taskId)?.name).toBe("web");
    expect(world.state.schedule.usage(nodeId).runningTasks).toBe(0);
    expect(world.refusal({ type: "removeTask", taskId, force: true })).toBe("task-not-found");
  });
});

describe("idempotency", () => {
  const wish: ParsedTaskInput = { name: "web", image: "busybox" };
  test("the same key and body is the same task; another body is refused", () => {
    const world = new World();
    const create = (fingerprint: string): Command => ({
      type: "createTask",
      wish,
      idempotency: { key: "k", fingerprint },
    });
    const [first, again] = world.tick(create("a"), create("a")).outcomes;
    expect(again).toEqual(first!);
    expect(world.state.tasks.size).toBe(1);
    expect(world.refusal(create("b"))).toBe("idempotency-conflict");
  });
});

describe("nodes", () => {
  test("the same identity is the same node, by id or by where it listens", () => {
    const world = new World();
    const nodeId = world.node("n1");
    expect(world.node("n1")).toBe(nodeId);
    expect(world.node("renamed", { nodeId })).toBe(nodeId);
    expect(world.state.node(nodeId).hostname).toBe("renamed");
    expect(world.node("n1")).not.toBe(nodeId);
  });

  test("a lost node fails its tasks; those to be kept alive are replaced elsewhere", () => {
    const world = new World();
    const lost = world.node("n1");
    const once = world.task("once");
    const always = world.task("always", { restartPolicy: { ...specDefaults.restartPolicy, mode: "always" } });
    const other = world.node("n2");
    world.do({ type: "loseNode", nodeId: lost, silentMs: 3000 });
    expect(world.state.task(once.taskId)).toMatchObject({
      status: "failed",
      reason: { code: "node-lost" },
      replacedBy: null,
    });
    const { replacedBy } = world.state.task(always.taskId);
    expect(world.state.task(replacedBy!)).toMatchObject({
      replaces: always.taskId,
      nodeId: other,
      status: "scheduled",
    });
    expect(world.do({ type: "loseNode", nodeId: lost, silentMs: 9000 }).changes).toEqual([]);
    world.do({ type: "refreshNode", nodeId: lost });
    expect(world.state.node(lost).status).toBe("online");
  });

  test("a stopped task on a lost node is not replaced", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web", { restartPolicy: { ...specDefaults.restartPolicy, mode: "always" } });
    world.do({ type: "stopTask", taskId });
    world.do({ type: "loseNode", nodeId, silentMs: 3000 });
    expect(world.state.task(taskId)).toMatchObject({ status: "failed", replacedBy: null });
  });

  const broke = { type: "suspectNode", code: "connection-broken", message: "its connection broke" } as const;

  test("a suspect node keeps what it has and gets nothing new; heard, it gets what waited", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const before = world.task("before");
    world.do({ ...broke, nodeId });
    expect(world.state.node(nodeId)).toMatchObject({ status: "online", suspect: { code: "connection-broken" } });
    const { taskId } = world.task("after");
    expect(world.state.task(taskId)).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    expect(world.state.task(taskId).reason.message).toBe(
      "0 of 1 node fits: 1 not steady (n1 is suspect: its connection broke)",
    );
    expect(world.state.task(before.taskId).status).toBe("scheduled");
    world.now += 1_000;
    world.do({ ...broke, nodeId, code: "silent", message: "it is silent" });
    const since = new Date(start).toISOString();
    expect(world.state.node(nodeId).suspect).toEqual({ code: "silent", message: "it is silent", since });
    world.do({ type: "refreshNode", nodeId });
    expect(world.state.node(nodeId).suspect).toBeNull();
    expect(world.state.task(taskId)).toMatchObject({ status: "scheduled", nodeId });
  });

  test("a node that is offline is not suspect, and a lost one no longer", () => {
    const world = new World();
    const nodeId = world.node("n1");
    world.do({ ...broke, nodeId });
    world.do({ type: "loseNode", nodeId, silentMs: 2_600, cause: "connection-broken" });
    expect(world.state.node(nodeId)).toMatchObject({ status: "offline", suspect: null, flapping: { losses: 1 } });
    expect(world.do({ ...broke, nodeId }).changes).toEqual([]);
  });

  test.each([
    ["silent", "was silent for 3.5 s"],
    ["connection-broken", "broke its connection, and was silent for 3.5 s"],
    ["by-hand", "was declared lost by hand"],
  ] as const)("lost because %s: the tasks' reason says so", (cause, says) => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    world.do({ type: "loseNode", nodeId, silentMs: 3_500, cause });
    expect(world.state.task(taskId).reason).toEqual({ code: "node-lost", message: `n1 (${nodeId}) ${says}` });
    expect(world.state.node(nodeId).flapping?.losses).toBe(cause === "by-hand" ? undefined : 1);
  });

  test("the third loss damps it: nothing is placed before it is released, or uncordoned", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const lostAndBack = () => {
      world.now += 10_000;
      world.do({ type: "loseNode", nodeId, silentMs: 3_500 });
      world.do({ type: "refreshNode", nodeId });
    };
    lostAndBack();
    lostAndBack();
    expect(world.state.task(world.task("second").taskId).status).toBe("scheduled");
    lostAndBack();
    const { taskId } = world.task("third");
    const { flapping } = world.state.node(nodeId);
    expect(flapping).toMatchObject({ losses: 3, steadyMs: 30_000 });
    expect(world.state.task(taskId).reason.message).toContain("n1 was lost 3 times lately: nothing new before");
    expect(world.do({ type: "releaseNode", nodeId, steadyUntil: "another damping" }).changes).toEqual([]);
    expect(world.state.task(taskId).status).toBe("pending");
    world.do({ type: "releaseNode", nodeId, steadyUntil: flapping!.steadyUntil! });
    expect(world.state.task(taskId).status).toBe("scheduled");
    expect(world.state.node(nodeId).flapping).toMatchObject({ losses: 3, steadyUntil: null });
    lostAndBack();
    expect(world.state.node(nodeId).flapping).toMatchObject({ losses: 4, steadyMs: 60_000 });
    world.do({ type: "setSchedulable", nodeId, schedulable: true });
    expect(world.state.node(nodeId).flapping).toBeNull();
  });

  test("a record of before knows neither suspicion nor damping, and means none", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { suspect: _, flapping: __, ...before } = world.state.node(nodeId);
    const state = new ClusterState();
    state.apply({ type: "node.registered", node: before as never });
    expect(state.node(nodeId)).toEqual(world.state.node(nodeId));
  });

  test("a deregistered node is gone, and its tasks have failed", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    world.do({ type: "deregisterNode", nodeId });
    expect(world.state.nodes.size).toBe(0);
    expect(world.state.task(taskId).reason.code).toBe("node-deregistered");
  });
});

describe("retention", () => {
  test("a removal taken back leaves the oldest the first to go", () => {
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

  test("finished tasks go by count and by age", () => {
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
