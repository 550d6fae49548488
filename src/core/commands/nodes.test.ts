// Nodes as tables and sequences: registration, suspicion, loss, damping, and what they do to tasks.

import { describe, expect, test } from "bun:test";
import { firstReleaseNodeIdPattern } from "../../model/ids.ts";
import { specDefaults } from "../../model/task/spec.ts";
import { ClusterState } from "../state/cluster-state.ts";
import { start, World } from "../test-world.ts";

describe("nodes", () => {
  test("a registration with the same id, or the same host name and port, is the same node", () => {
    const world = new World();
    const nodeId = world.node("n1");
    expect(world.node("n1")).toBe(nodeId);
    expect(world.node("renamed", { nodeId })).toBe(nodeId);
    expect(world.state.node(nodeId).hostname).toBe("renamed");
    expect(world.node("n1")).not.toBe(nodeId);
  });

  test("a worker of release 0.1.0 gets an id of the form that it knows, and keeps it as a later one", () => {
    const world = new World();
    const dated = world.node("n1");
    const nodeId = world.node("n1", { firstRelease: true });
    expect(nodeId).toMatch(firstReleaseNodeIdPattern);
    expect(dated).not.toMatch(firstReleaseNodeIdPattern);
    expect(world.node("n1", { firstRelease: true })).toBe(nodeId);
    expect(world.node("n1", { nodeId })).toBe(nodeId);
    expect(world.state.node(nodeId)).not.toHaveProperty("firstRelease");
  });

  test("a lost node fails its tasks; those to be kept alive are replaced elsewhere", () => {
    const world = new World();
    const lost = world.node("n1");
    const once = world.task("once");
    const always = world.task("always", { restartPolicy: { ...specDefaults.restartPolicy, mode: "always" } });
    const other = world.node("n2");
    world.do({ type: "loseNode", nodeId: lost, silentMs: 3000 });
    expect(world.view(once.taskId)).toMatchObject({
      status: "failed",
      reason: { code: "node-lost" },
      replacedBy: null,
    });
    const { replacedBy } = world.view(always.taskId);
    expect(world.view(replacedBy!)).toMatchObject({
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
    expect(world.view(taskId)).toMatchObject({ status: "failed", replacedBy: null });
  });

  const broke = { type: "suspectNode", code: "connection-broken", message: "its connection broke" } as const;

  test("a suspect node keeps what it has and gets no new tasks; after a heartbeat it gets the waiting ones", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const before = world.task("before");
    world.do({ ...broke, nodeId });
    expect(world.state.node(nodeId)).toMatchObject({ status: "online", suspect: { code: "connection-broken" } });
    const { taskId } = world.task("after");
    expect(world.view(taskId)).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    expect(world.view(taskId).reason.message).toBe(
      "0 of 1 node fits: 1 not reachable (n1 is suspect: its connection broke)",
    );
    expect(world.view(before.taskId).status).toBe("scheduled");
    world.now += 1_000;
    world.do({ ...broke, nodeId, code: "silent", message: "it is silent" });
    const since = new Date(start).toISOString();
    expect(world.state.node(nodeId).suspect).toEqual({ code: "silent", message: "it is silent", since });
    world.do({ type: "refreshNode", nodeId });
    expect(world.state.node(nodeId).suspect).toBeNull();
    expect(world.view(taskId)).toMatchObject({ status: "scheduled", nodeId });
  });

  test("a node that is offline is never suspect, and a lost node is no longer suspect", () => {
    const world = new World();
    const nodeId = world.node("n1");
    world.do({ ...broke, nodeId });
    world.do({ type: "loseNode", nodeId, silentMs: 2_600, cause: "connection-broken" });
    expect(world.state.node(nodeId)).toMatchObject({ status: "offline", suspect: null, flapping: { losses: 1 } });
    expect(world.do({ ...broke, nodeId }).changes).toEqual([]);
  });

  test.each([
    ["silent", "sent no heartbeat for 3.5 s"],
    ["connection-broken", "broke its connection, and sent no heartbeat for 3.5 s"],
    ["by-hand", "was declared lost by hand"],
  ] as const)("lost because %s: the tasks' reason says so", (cause, says) => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    world.do({ type: "loseNode", nodeId, silentMs: 3_500, cause });
    expect(world.view(taskId).reason).toEqual({ code: "node-lost", message: `n1 (${nodeId}) ${says}` });
    expect(world.state.node(nodeId).flapping?.losses).toBe(cause === "by-hand" ? undefined : 1);
  });

  test("the third loss damps a node: it comes after steady ones until it has been online for its period, or is uncordoned", () => {
    const world = new World();
    const nodeId = world.node("n1", { version: "1" });
    const lostAndBack = () => {
      world.now += 10_000;
      world.do({ type: "loseNode", nodeId, silentMs: 3_500 });
      world.do({ type: "refreshNode", nodeId });
    };
    const placed = (name: string) => {
      const { taskId } = world.task(name);
      const { nodeId: on, reason } = world.view(taskId);
      return [on === null ? null : world.state.node(on).hostname, reason.message];
    };
    lostAndBack();
    lostAndBack();
    expect(placed("second")).toEqual(["n1", "placed on n1, not started yet"]);
    lostAndBack();
    expect(world.state.node(nodeId).flapping).toMatchObject({ losses: 3, steadyMs: 30_000 });
    const message = "placed on n1, not started yet: n1 was lost 3 times lately; no steady node fits";
    expect(placed("third")).toEqual(["n1", message]);
    world.node("n2", { capacity: 2, version: "1" });
    for (const name of ["fourth", "fifth"]) expect(placed(name)).toEqual(["n2", "placed on n2, not started yet"]);
    expect(placed("sixth")).toEqual(["n1", message]);
    world.now += 29_999;
    const tick = world.do({ type: "wake" });
    expect(tick.changes).toEqual([]);
    expect(tick.wakeAt).toBe(world.now + 1);
    world.now += 1;
    world.do({ type: "wake" });
    expect(world.state.node(nodeId).flapping).toMatchObject({ losses: 3, steadyUntil: null });
    expect(placed("seventh")).toEqual(["n1", "placed on n1, not started yet"]);
    lostAndBack();
    expect(world.state.node(nodeId).flapping).toMatchObject({ losses: 4, steadyMs: 60_000 });
    world.do({ type: "setSchedulable", nodeId, schedulable: true });
    expect(world.state.node(nodeId).flapping).toBeNull();
  });

  test("a damped node that is suspect gets nothing: it cannot be reached", () => {
    const world = new World();
    const nodeId = world.node("n1");
    for (let loss = 0; loss < 3; loss++) {
      world.do({ type: "loseNode", nodeId, silentMs: 3_500 });
      world.do({ type: "refreshNode", nodeId });
    }
    world.do({ ...broke, nodeId });
    const { taskId } = world.task("web");
    expect(world.view(taskId)).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    world.do({ type: "refreshNode", nodeId });
    expect(world.view(taskId)).toMatchObject({ status: "scheduled", nodeId });
  });

  test("a record of release 0.1.0 without suspicion and damping gets the defaults", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { suspect: _, flapping: __, ...before } = world.state.node(nodeId);
    const state = new ClusterState();
    state.apply({ type: "node.created", record: before as never });
    expect(state.node(nodeId)).toEqual(world.state.node(nodeId));
  });

  test("a deregistered node is gone, and its tasks have failed", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const { taskId } = world.task("web");
    world.do({ type: "deregisterNode", nodeId });
    expect(world.state.nodes.size).toBe(0);
    expect(world.view(taskId).reason.code).toBe("node-deregistered");
  });
});
