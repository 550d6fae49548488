// Tasks on nodes without a worker: after some seconds their reason says that nothing starts them.

import { describe, expect, test } from "bun:test";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Command, NodeRegistrationFields } from "../commands/command.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import { World } from "../test-world.ts";

const after = limits.neverStartedMs;
const notYet = { code: "placed", message: "placed on n1, not started yet" };
const never = {
  code: "never-started",
  message:
    "placed on n1, never started here: n1 has no worker; start one there, or remove the node: podling node rm -f n1",
};

/** What the reason of the task is after that time, with the ticks that are due by then. */
function reasonAfter(world: World, { taskId }: TaskView, ms: number) {
  world.now += ms;
  world.do({ type: "wake" });
  return world.view(taskId).reason;
}

const waiting = (state: ClusterState) => [...state.withoutWorker.oldest()];

describe("a task on a node that was registered by hand", () => {
  test("says after ten seconds, once, that it was never started there; the tick before asks to be called then", () => {
    const world = new World();
    world.node("n1");
    const { taskId, reason } = world.task("web");
    expect(reason).toEqual(notYet as never);
    world.now += after - 1;
    const early = world.do({ type: "wake" });
    expect([early.changes, early.wakeAt]).toEqual([[], world.now + 1]);
    world.now += 1;
    const due = world.do({ type: "wake" });
    expect(due.changes).toEqual([{ type: "task.updated", id: taskId, set: { observed: { reason: never as never } } }]);
    expect(due.wakeAt).toBeNull();
    expect(world.view(taskId)).toMatchObject({ status: "scheduled", reason: never });
    expect(world.do({ type: "wake" }).changes).toEqual([]);
  });

  test("each from its own placement", () => {
    const world = new World();
    world.node("n1");
    const first = world.task("first");
    world.now += 4_000;
    const second = world.task("second");
    expect(reasonAfter(world, first, after - 4_000)).toEqual(never as never);
    expect(world.view(second.taskId).reason).toEqual(notYet as never);
    expect(reasonAfter(world, second, 4_000)).toEqual(never as never);
  });

  test("says nothing of the kind once something was reported of it, or it is to stop", () => {
    const world = new World();
    world.node("n1");
    const [pulls, runs, stops] = [world.task("pulls"), world.task("runs"), world.task("stops")];
    const reason = { code: "pulling", message: "pulling busybox" } as const;
    world.do(world.report(pulls.taskId, { status: "scheduled", reason }));
    world.do(world.report(runs.taskId, { status: "running" }));
    world.do({ type: "stopTask", taskId: stops.taskId });
    expect(waiting(world.state)).toEqual([]);
    expect(reasonAfter(world, pulls, after)).toEqual(reason);
  });

  test("at most a thousand say so at once, the oldest first; when one has started, the next says it", () => {
    const world = new World();
    world.node("n1", { capacity: 2_000, cpu: 0, memory: 0 });
    const tasks = Array.from({ length: limits.neverStartedTasks + 2 }, (_, index) => world.task(`t${index}`));
    const stating = () => tasks.filter(({ taskId }) => world.view(taskId).reason.code === "never-started");
    world.now += after;
    expect(world.do({ type: "wake" }).wakeAt).toBeNull();
    expect(stating()).toEqual(tasks.slice(0, limits.neverStartedTasks));
    world.do(world.report(tasks[0]!.taskId, { status: "running" }));
    expect(stating()).toEqual(tasks.slice(1, limits.neverStartedTasks + 1));
  });

  test("of very many, each has its turn, and the state keeps only the oldest in mind", () => {
    const world = new World();
    const nodeId = world.node("n1", { capacity: 5_000, cpu: 0, memory: 0 });
    const ids = Array.from({ length: 3_500 }, (_, index) => {
      world.now += 1;
      return world.task(`t${index}`).taskId;
    });
    expect(waiting(world.state).length).toBeLessThan(2_000);
    expect(waiting(readSnapshot([...writeSnapshot(world.state)])).slice(0, 1_000)).toEqual(ids.slice(0, 1_000));
    const turns: string[] = [];
    while (waiting(world.state).length > 0) {
      const first = waiting(world.state).slice(0, 100);
      turns.push(...first);
      for (const taskId of first) world.do(world.report(taskId, { status: "running" }));
    }
    expect(turns).toEqual(ids);
    expect(world.state.placedOn(nodeId).size).toBe(ids.length);
  });

  test("a report is taken as before", () => {
    const world = new World();
    world.node("n1");
    const task = world.task("web");
    expect(reasonAfter(world, task, after).code).toBe("never-started");
    world.do(world.report(task.taskId, { status: "running" }));
    expect(world.view(task.taskId)).toMatchObject({ status: "running", reason: { code: "running" } });
  });

  test("a worker that registers for the node gets its time: the sentence is taken back, and does not return", () => {
    const world = new World();
    const nodeId = world.node("n1");
    const old = world.task("old");
    expect(reasonAfter(world, old, after)).toEqual(never as never);
    const fresh = world.task("fresh");
    world.node("n1", { nodeId, version: "1", instance: "place.1" });
    expect(world.view(old.taskId).reason).toEqual(notYet as never);
    expect(waiting(world.state)).toEqual([]);
    expect(reasonAfter(world, fresh, after)).toEqual(notYet as never);
    // By hand again: nothing starts them.
    world.node("n1", { nodeId });
    for (const { taskId } of [old, fresh]) expect(world.view(taskId).reason).toEqual(never as never);
  });
});

test.each([
  ["a worker of 0.1.0", { version: "0.1.0" }],
  ["a newer worker", { version: "1", instance: "place.1" }],
  ["a worker that says only which process it is", { version: "", instance: "place.1" }],
])("%s: a task that waits for it keeps its reason", (_, more) => {
  const world = new World();
  world.node("n1", more);
  expect(reasonAfter(world, world.task("web"), 10 * after)).toEqual(notYet as never);
});

test("a snapshot and an undo give the same tasks that wait", () => {
  const world = new World();
  const nodeId = world.node("n1");
  const ids = ["a", "b"].map((name) => {
    world.now += 1_000;
    return world.task(name).taskId;
  });
  expect(waiting(world.state)).toEqual(ids);
  expect(waiting(readSnapshot([...writeSnapshot(world.state)]))).toEqual(ids);
  const changes: Command[] = [
    world.report(ids[0]!, { status: "running" }),
    { type: "deregisterNode", nodeId },
    { type: "registerNode", registration: { ...registrationOf(world.state, nodeId), version: "1" } },
  ];
  for (const change of changes) {
    const tick = world.do(change);
    expect(waiting(world.state)).not.toEqual(ids);
    tick.undo();
    expect(waiting(world.state)).toEqual(ids);
  }
});

function registrationOf(state: ClusterState, nodeId: NodeId): NodeRegistrationFields {
  const { hostname, port, address, capacity, cpu, memory, labels, engine, engineError, version } = state.node(nodeId);
  return { nodeId, hostname, port, address, capacity, cpu, memory, labels, engine, engineError, version };
}
