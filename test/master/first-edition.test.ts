// What programs that were written for Podling's first edition send and read: nulls for what is left out, words in any case,
// amounts in the form of Kubernetes, the node in the answer to a heartbeat, and clean-up in one request.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { shortAnswer } from "../../src/api/prefer-header.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeEach(() => {
  podling = new TestMaster();
});
afterEach(() => podling.stop());

const create = (body: object): Promise<TaskView> =>
  podling.do("POST", "/api/v1/tasks", { name: "t", image: "nginx", ...body });

describe("the requests of its collection", () => {
  test("a task with nothing but a name, an image and the environment", async () => {
    const task = await create({ name: "nginx-task", image: "nginx:alpine", env: { PORT: "8080" } });
    expect(task).toMatchObject({
      name: "nginx-task",
      status: "pending",
      env: { PORT: "8080" },
      restartPolicy: "never",
    });
  });

  test("a task with requests and limits in thousandths of a core and bytes", async () => {
    const { resources } = await create({
      resources: { requests: { cpu: 500, memory: 268_435_456 }, limits: { cpu: 1000, memory: 536_870_912 } },
    });
    expect(resources).toEqual({
      cpu: { request: 0.5, limit: 1 },
      memory: { request: 268_435_456, limit: 536_870_912 },
    });
  });

  test("a node with texts for cpu and memory, its heartbeat and the list", async () => {
    const node = await podling.do<{ nodeId: string }>("POST", "/api/v1/nodes/register", {
      ...{ hostname: "localhost", port: 8081, cpu: "10", memory: "10Gi" },
    });
    const beat = await podling.do("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`);
    expect(beat).toMatchObject({
      ...{ nodeId: node.nodeId, hostname: "localhost", port: 8081, status: "online", runningTasks: 0, cpu: 10 },
      ...{ lastHeartbeat: expect.any(String), nextHeartbeatMs: expect.any(Number), leaseMs: expect.any(Number) },
    });
    expect(await podling.do<object[]>("GET", "/api/v1/nodes")).toHaveLength(1);
  });

  test("a report with the id of the container", async () => {
    await podling.register("n1");
    const task = await create({});
    const reported = await podling.do("PUT", `/api/v1/tasks/${task.taskId}/status`, {
      ...{ status: "running", containerId: "abc123def456", error: null },
    });
    expect(reported).toMatchObject({ status: "running", containerId: "abc123def456" });
  });

  test("health says which service answers", async () => {
    expect(await podling.do("GET", "/health")).toMatchObject({ status: "ok", service: "podling-master" });
  });
});

describe("null", () => {
  test("means left out, at every depth", async () => {
    const plain = await create({ ports: [{ containerPort: 80 }] });
    const nulls = await create({
      ...{ env: null, labels: null, command: null, args: null, mounts: null, constraints: null, restartPolicy: null },
      ...{ stopGraceSeconds: null, pullPolicy: null, user: null, platform: null },
      ports: [{ containerPort: 80, hostPort: null, protocol: null, hostIp: null, name: null }],
      resources: { cpu: null, memory: null, requests: null, limits: null },
    });
    const { taskId: _, createdAt: __, ...rest } = plain;
    expect(nulls).toMatchObject(rest);
  });

  test("is refused for what is required", async () => {
    const answer = await podling.ask("POST", "/api/v1/tasks", { body: { name: null, image: "nginx" } });
    expectRefusal(answer, 400, "invalid-field");
    expect(answer.body).toMatchObject({ details: { field: "name" } });
  });

  test("a request with nulls is the same as one without, for an Idempotency-Key", async () => {
    const send = (body: object) =>
      podling.ask<TaskView>("POST", "/api/v1/tasks", { body, headers: { "idempotency-key": "one" } });
    const first = await send({ name: "t", image: "nginx" });
    const second = await send({ name: "t", image: "nginx", env: null, ports: null });
    expect([second.status, second.body.taskId]).toEqual([201, first.body.taskId]);
  });
});

describe("words in any case", () => {
  test.each([
    ["Always", "always"],
    ["OnFailure", "on-failure"],
    ["Never", "never"],
    ["ALWAYS", "always"],
    ["on-failure:3", "on-failure:3"],
  ])("restart policy %s is shown as %s", async (written, shown) => {
    expect(await create({ restartPolicy: written })).toMatchObject({ restartPolicy: shown });
  });

  test("protocol, pull policy, kind of mount, mode of a restart policy", async () => {
    const task = await create({
      ports: [{ name: "http", containerPort: 80, protocol: "TCP" }],
      pullPolicy: "Always",
      mounts: [{ type: "Volume", source: "data", target: "/data" }],
      restartPolicy: { mode: "OnFailure", backoffInitialMs: 500 },
    });
    expect(task).toMatchObject({
      ports: [{ name: "http", containerPort: 80, protocol: "tcp" }],
      pullPolicy: "always",
      mounts: [{ type: "volume" }],
      restartPolicy: { mode: "on-failure", backoffInitialMs: 500 },
    });
  });

  test("a word that is in no list is refused", async () => {
    const answer = await podling.ask("POST", "/api/v1/tasks", {
      body: { name: "t", image: "nginx", ports: [{ containerPort: 80, protocol: "ICMP" }] },
    });
    expectRefusal(answer, 400, "invalid-field");
  });
});

describe("requests and limits", () => {
  test.each([
    [{ requests: { memory: "512M" } }, { request: 512_000_000, limit: null }],
    [{ requests: { memory: "512Mi" } }, { request: 536_870_912, limit: null }],
    [{ limits: { memory: "1G" } }, { request: 1_000_000_000, limit: 1_000_000_000 }],
    [
      { requests: { memory: 0 }, limits: { memory: "64Mi" } },
      { request: 67_108_864, limit: 67_108_864 },
    ],
  ])("%j is memory %j", async (resources, memory) => {
    expect((await create({ resources })).resources.memory).toEqual(memory);
  });

  test.each([
    [500, 0.5],
    ["500m", 0.5],
    ["2", 2],
    ["2.5", 2.5],
  ])("cpu %j is %j cores", async (cpu, request) => {
    expect((await create({ resources: { requests: { cpu } } })).resources.cpu).toEqual({ request, limit: null });
  });

  test("elsewhere 512M has powers of 1024, and a number counts cores", async () => {
    const { resources } = await create({ resources: { cpu: 2, memory: "512M" } });
    expect([resources.cpu.request, resources.memory.request]).toEqual([2, 536_870_912]);
  });

  test.each([
    [{ cpu: 1, requests: { cpu: 500 } }],
    [{ requests: { memory: "512m" } }],
    [{ requests: { cpu: 0.5 } }],
    [{ requests: { disk: 1 } }],
  ])("%j is refused", async (resources) => {
    const answer = await podling.ask("POST", "/api/v1/tasks", { body: { name: "t", image: "nginx", resources } });
    expect(answer.status).toBe(400);
  });
});

describe("restart policies in answers", () => {
  test("are text in every answer and stream of the API, and an object for the worker", async () => {
    const { nodeId } = await podling.register("n1");
    const changes = await podling.stream("/api/v1/watch");
    const assignments = await podling.stream(`/api/v1/nodes/${nodeId}/assignments`);
    const { taskId } = await create({ restartPolicy: "Always" });
    expect(await podling.task(taskId)).toMatchObject({ restartPolicy: "always" });
    expect(await podling.do<TaskView[]>("GET", "/api/v1/tasks")).toMatchObject([{ restartPolicy: "always" }]);
    const change = await changes.next("the change", ({ data }) => data.task?.taskId === taskId);
    expect(change.data.task).toMatchObject({ restartPolicy: "always" });
    const object = { mode: "always", maxRestarts: null, backoffInitialMs: expect.any(Number) };
    const given = await assignments.next("the task", ({ event }) => event === "task");
    expect(given.data).toMatchObject({ taskId, restartPolicy: object });
    const later = await podling.stream(`/api/v1/nodes/${nodeId}/assignments`);
    const set = await later.next("the set", ({ event }) => event === "sync");
    expect(set.data.tasks).toMatchObject([{ taskId, restartPolicy: object }]);
    for (const tap of [changes, assignments, later]) tap.close();
  });
});

test("a worker that asks for the short answer to a heartbeat gets no fields of the node", async () => {
  const { nodeId } = await podling.register("n1");
  for (const body of [undefined, {}]) {
    const asked = { headers: shortAnswer, ...(body ? { body } : {}) };
    const { body: answer } = await podling.ask<object>("POST", `/api/v1/nodes/${nodeId}/heartbeat`, asked);
    expect(answer).toMatchObject({ nodeId, nextHeartbeatMs: expect.any(Number) });
    expect(answer).not.toHaveProperty("hostname");
  }
});

describe("prune", () => {
  const prune = (query = "") => podling.do("POST", `/api/v1/prune${query}`);
  const none = { podsRemoved: 0, servicesRemoved: 0 };

  test("removes finished tasks and nodes that are offline", async () => {
    await podling.register("n1");
    const away = await podling.register("away", { port: 8082 });
    const tasks = [await create({}), await create({}), await create({ constraints: ["node==none"] })];
    const failed = tasks.find((task) => task.nodeId !== null)!;
    await podling.report(failed, "running");
    await podling.report(failed, "failed");
    await podling.do("POST", `/api/v1/nodes/${away.nodeId}/lost?force=true`);
    const before = (await podling.do<TaskView[]>("GET", "/api/v1/tasks")).filter(({ status }) => status === "failed");
    expect(await prune()).toEqual({ ...none, tasksRemoved: before.length, nodesRemoved: 1 });
    expect(await prune()).toEqual({ ...none, tasksRemoved: 0, nodesRemoved: 0 });
    expect(await podling.do<object[]>("GET", "/api/v1/nodes")).toMatchObject([{ hostname: "n1" }]);
  });

  test("with all, removes every task and every node", async () => {
    await podling.register("n1");
    for (let i = 0; i < 3; i++) await create({});
    expect(await prune("?all=true")).toEqual({ ...none, tasksRemoved: 3, nodesRemoved: 1 });
    expect(await podling.do<object[]>("GET", "/api/v1/tasks")).toEqual([]);
    expect(await podling.do<object[]>("GET", "/api/v1/nodes")).toEqual([]);
  });
});
