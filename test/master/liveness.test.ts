// Nodes that send heartbeats, stop, are lost and come back, on a clock that the test moves; and what happens to their
// tasks.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { limits } from "../../src/model/limits.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, expectRefusal, openQuickJournal, TestClock, TestMaster } from "./in-process.ts";

const second = 1000;
/** A beat, a stall of two seconds, and the transit. */
const lease = 3.5 * second;
let clock: TestClock;
let podling: TestMaster;

beforeEach(() => {
  clock = new TestClock();
  podling = new TestMaster({ clock });
});
afterEach(() => podling.stop());

type Beat = { nodeId: string; nextHeartbeatMs: number; leaseMs: number; streamOpen: boolean };
const beat = (node: Node, body?: object) => podling.do<Beat>("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, body);
const worker = { version: "1.0.0" };

async function statusAfter(node: Node, ms: number): Promise<string> {
  await clock.advance(ms);
  return (await podling.node(node.nodeId)).status;
}

describe("a worker", () => {
  test("is asked for a heartbeat each second; a stall of two seconds has no effect, a lease without heartbeats is a loss", async () => {
    const node = await podling.register("n1", worker);
    expect(await beat(node)).toMatchObject({
      ...{ nodeId: node.nodeId, nextHeartbeatMs: 1 * second, leaseMs: lease, reconnectWithinMs: 1, engineError: null },
      streamOpen: false,
    });
    for (let i = 0; i < 5; i++) {
      expect(await statusAfter(node, 1 * second + limits.heartbeatStallMs + 0.4 * second)).toBe("online");
      await beat(node);
    }
    expect(await statusAfter(node, lease - 1)).toBe("online");
    expect(await statusAfter(node, 1)).toBe("offline");
    expect((await podling.node(node.nodeId)).lastHeartbeat).not.toBeNull();
  });

  test("comes back with a heartbeat, or with a registration, as the same node", async () => {
    const node = await podling.register("n1", worker);
    expect(await statusAfter(node, lease)).toBe("offline");
    await beat(node);
    expect(await statusAfter(node, 0)).toBe("online");
    expect(await statusAfter(node, lease)).toBe("offline");
    const again = await podling.register("n1", { ...worker, nodeId: node.nodeId, capacity: 3 });
    expect(again).toMatchObject({ nodeId: node.nodeId, status: "online", capacity: 3 });
    expect(await podling.do<Node[]>("GET", "/api/v1/nodes")).toHaveLength(1);
  });

  test("that reports its engine as away gets no new tasks until the engine is back", async () => {
    const node = await podling.register("n1", worker);
    await beat(node, { engineError: "cannot connect to the engine" });
    const task = await podling.create("waits");
    expect(task).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    expect(task.reason.message).toContain("engine");
    await beat(node, { engineError: null });
    expect(await podling.task(task.taskId)).toMatchObject({ status: "scheduled", nodeId: node.nodeId });
  });
});

describe("a node registered by hand", () => {
  test("has ninety seconds, renewed by an empty heartbeat, and an ordinary lease after it has opened a stream", async () => {
    const node = await podling.register("curl");
    expect(await beat(node)).toMatchObject({ leaseMs: 90 * second });
    expect(await statusAfter(node, 89 * second)).toBe("online");
    await beat(node);
    expect(await statusAfter(node, 89.9 * second)).toBe("online");
    expect(await statusAfter(node, 0.1 * second)).toBe("offline");
    const tap = await podling.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
    expect(await beat(node)).toMatchObject({ leaseMs: lease });
    tap.close();
    expect(await statusAfter(node, lease)).toBe("offline");
  });

  test("has neither release nor process: a registration with either is that of a worker, with its shorter lease", async () => {
    const leaseOf = async (hostname: string, body: object, headers: Record<string, string>) => {
      const path = "/api/v1/nodes/register";
      const { body: node } = await podling.ask<Node>("POST", path, {
        body: { hostname, port: 8081, ...body },
        headers,
      });
      const beaten = await podling.ask<Beat>("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, { headers });
      return beaten.body.leaseMs;
    };
    const process = { "podling-worker-instance": "place.1" };
    expect(await leaseOf("by-hand", {}, {})).toBe(limits.handLeaseMs);
    expect(await leaseOf("of-0-1-0", { version: "0.1.0" }, {})).toBe(lease);
    expect(await leaseOf("process-alone", {}, process)).toBe(lease);
    expect(await leaseOf("new", worker, process)).toBe(lease);
  });

  test("is identified by hostname and port if it sends no id", async () => {
    const node = await podling.register("curl");
    expect((await podling.register("curl", { capacity: 2 })).nodeId).toBe(node.nodeId);
    expect((await podling.register("curl", { port: 9000 })).nodeId).not.toBe(node.nodeId);
    expect(node).toMatchObject({ capacity: 10, address: "127.0.0.1", status: "online", schedulable: true });
  });
});

test("the interval grows with the number of nodes: at most a thousand heartbeats a second", async () => {
  for (let i = 0; i < 2500; i += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, j) => podling.register(`n${i + j}`, worker)));
  }
  const node = await podling.node("n0");
  expect(await beat(node)).toMatchObject({ nextHeartbeatMs: 2500, leaseMs: 7500 });
  expect(limits.heartbeatsPerSecond).toBe(1000);
});

describe("a node that is lost", () => {
  test("fails its tasks as node-lost; those to be kept alive are replaced elsewhere, each naming the other", async () => {
    const n1 = await podling.register("n1", worker);
    const always = await podling.create("always", { restartPolicy: "always", labels: { a: "b" }, args: ["x"] });
    const onFailure = await podling.create("on-failure", { restartPolicy: "on-failure:3" });
    const never = await podling.create("never");
    const leaving = await podling.create("leaving", { restartPolicy: "always" });
    await podling.report(always, "running", { containerId: "c" });
    await podling.do("POST", `/api/v1/tasks/${leaving.taskId}/stop`);
    await clock.advance(2 * second);
    const n2 = await podling.register("n2", worker);
    await clock.advance(1.5 * second);
    for (const { taskId } of [always, onFailure, never, leaving]) {
      const task = await podling.task(taskId);
      expect(task).toMatchObject({ status: "failed", nodeId: n1.nodeId, reason: { code: "node-lost" } });
      expect(task.reason.message).toContain("n1");
      expect(task.reason.message).toContain("no heartbeat for 3.5 s");
      expect(task.finishedAt).not.toBeNull();
    }
    for (const { taskId } of [never, leaving]) expect((await podling.task(taskId)).replacedBy).toBeNull();
    for (const { taskId, name } of [always, onFailure]) {
      const { replacedBy } = await podling.task(taskId);
      const { restartPolicy, labels, args } = await podling.task(taskId);
      expect(await podling.task(replacedBy!)).toMatchObject({
        name,
        ...{ replaces: taskId, replacedBy: null, status: "scheduled", nodeId: n2.nodeId },
        ...{ restartPolicy, labels, args, containerId: null, restarts: 0 },
      });
    }
    expect(await podling.do<TaskView[]>("GET", "/api/v1/tasks")).toHaveLength(6);
  });

  test("without another node the replacement waits, says why, and goes to the next node that registers", async () => {
    await podling.register("n1", worker);
    const task = await podling.create("always", { restartPolicy: "always" });
    await clock.advance(lease);
    const { replacedBy } = await podling.task(task.taskId);
    expect(await podling.task(replacedBy!)).toMatchObject({ status: "pending", reason: { code: "no-nodes" } });
    const n2 = await podling.register("n2", worker);
    expect(await podling.task(replacedBy!)).toMatchObject({ status: "scheduled", nodeId: n2.nodeId });
  });

  test("that comes back no longer has its old tasks: they are not in its set, and its reports of them are refused", async () => {
    const node = await podling.register("n1", worker);
    const task = await podling.create("lost");
    await podling.report(task, "running");
    await clock.advance(lease);
    await beat(node);
    const tap = await podling.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
    expect((await tap.next("the sync", () => true)).data.tasks).toEqual([]);
    tap.close();
    const body = { status: "running", nodeId: node.nodeId };
    expectRefusal(await podling.ask("PUT", `/api/v1/tasks/${task.taskId}/status`, { body }), 409, "illegal-move");
  });

  test("while the journal cannot write stays online, and is lost when it can", async () => {
    const journal = openMemoryJournal();
    const master = new TestMaster({ clock, journal });
    const node = await master.register("n1", worker);
    journal.refuseWrites("the disk is full");
    await clock.advance(5 * second);
    expect((await master.node(node.nodeId)).status).toBe("online");
    journal.refuseWrites(null);
    await clock.advance(3 * second);
    expect((await master.node(node.nodeId)).status).toBe("offline");
    await master.stop();
  });
});

test("a master that restarts gives every node a whole lease", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-liveness-"));
  const first = new TestMaster({ clock, journal: openQuickJournal(folder) });
  const node = await first.register("n1", worker);
  const task = await first.create("keeps-running");
  await first.report(task, "running");
  await first.stop();
  await clock.advance(3600 * second);
  const next = new TestMaster({ clock, journal: openQuickJournal(folder) });
  await next.master.ready;
  await clock.advance(lease - 1);
  expect(await next.node(node.nodeId)).toMatchObject({ status: "online", lastHeartbeat: null, runningTasks: 1 });
  expect((await next.task(task.taskId)).status).toBe("running");
  await clock.advance(1);
  await until("the node is lost", async () => (await next.node(node.nodeId)).status === "offline");
  await next.stop();
  rmSync(folder, { recursive: true });
});

describe("cordon and uncordon", () => {
  test("a cordoned node keeps its tasks and gets no new ones; after uncordon, waiting tasks are placed at once", async () => {
    const node = await podling.register("n1", worker);
    const before = await podling.create("before");
    const cordoned = await podling.do<Node>("POST", "/api/v1/nodes/n1/cordon");
    expect(cordoned).toMatchObject({ schedulable: false, status: "online", runningTasks: 1 });
    expect(await podling.do<Node>("POST", "/api/v1/nodes/n1/cordon")).toMatchObject({ schedulable: false });
    const after = await podling.create("after");
    expect(after).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    expect(after.reason.message).toContain("cordoned");
    expect((await podling.task(before.taskId)).status).toBe("scheduled");
    await podling.register("n1", { ...worker, nodeId: node.nodeId });
    expect((await podling.node("n1")).schedulable).toBe(false);
    await podling.do("POST", "/api/v1/nodes/n1/uncordon");
    expect(await podling.task(after.taskId)).toMatchObject({ status: "scheduled", nodeId: node.nodeId });
  });
});

describe("a pending task is placed the moment", () => {
  test("capacity becomes free: a task ends, is deleted, or the node's capacity grows", async () => {
    const node = await podling.register("n1", { ...worker, capacity: 1 });
    const tasks = [await podling.create("t0")];
    for (let i = 1; i < 5; i++) tasks.push(await podling.create(`t${i}`));
    const status = async (i: number) => (await podling.task(tasks[i]!.taskId)).status;
    expect(await status(1)).toBe("pending");
    await podling.report(tasks[0]!, "running");
    await podling.report(tasks[0]!, "completed");
    expect([await status(1), await status(2)]).toEqual(["scheduled", "pending"]);
    await podling.do("DELETE", `/api/v1/tasks/${tasks[1]!.taskId}?force=true`);
    expect([await status(2), await status(3)]).toEqual(["scheduled", "pending"]);
    await podling.register("n1", { ...worker, nodeId: node.nodeId, capacity: 3 });
    expect([await status(3), await status(4)]).toEqual(["scheduled", "scheduled"]);
    expect(await podling.node("n1")).toMatchObject({ runningTasks: 3, capacity: 3 });
  });
});

test("a deregistered node is gone, and its tasks fail as node-deregistered", async () => {
  const node = await podling.register("n1", worker);
  const task = await podling.create("t", { restartPolicy: "always" });
  expect((await podling.ask("POST", `/api/v1/nodes/${node.nodeId}/deregister`)).status).toBe(204);
  expectRefusal(await podling.ask("GET", `/api/v1/nodes/${node.nodeId}`), 404, "node-not-found");
  const failed = await podling.task(task.taskId);
  expect(failed).toMatchObject({ status: "failed", reason: { code: "node-deregistered" } });
  expect((await podling.task(failed.replacedBy!)).status).toBe("pending");
  expectRefusal(await podling.ask("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`), 404, "node-not-found");
  await clock.advance(10 * second);
  await breathe();
});

describe("retention", () => {
  test("finished tasks are removed by count, oldest end first, and by age", async () => {
    const master = new TestMaster({ clock, retention: { count: 3, ageMs: 60 * second } });
    await master.register("n1", { capacity: 100 });
    const tasks = await master.fill(5, () => ({}));
    for (const task of [...tasks].reverse()) {
      await master.report(task, "failed");
      await clock.advance(1 * second);
    }
    const names = async () => (await master.do<TaskView[]>("GET", "/api/v1/tasks")).map(({ name }) => name);
    expect(await names()).toEqual(["fill-0", "fill-1", "fill-2"]);
    await clock.advance(57 * second);
    await until("the oldest end to go", async () => (await names()).length === 2);
    expect(await names()).toEqual(["fill-0", "fill-1"]);
    await clock.advance(60 * second);
    await until("all to go", async () => (await names()).length === 0);
    await master.stop();
  });
});
