// Endpoints of services over the API: the list, its stream, and the order of draining and stopping.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import type { Node } from "../../src/model/node/node.ts";
import type { Endpoint, EndpointList } from "../../src/model/service/endpoint.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import { input, reaches, services, tasksOf } from "./service-worker.ts";

let podling: TestMaster;
let node: Node;
beforeAll(async () => {
  podling = new TestMaster();
  const features = ["node-address"];
  node = await podling.register("n1", { capacity: 1000, version: "1", address: "10.0.0.5", features });
});
afterAll(() => podling.stop());

const endpointsOf = (name: string) => podling.do<EndpointList>("GET", `${services}/${name}/endpoints`);
const published = (hostIp: string, hostPort: number) => [{ hostIp, hostPort, containerPort: 80, protocol: "tcp" }];
const runs = (task: TaskView, more: object = {}) =>
  podling.report(task, "running", { containerId: `c-${task.taskId}`, ready: true, ...more });
const watch = async (name: string) => {
  const tap = await podling.stream(`${services}/${name}/endpoints?watch=true`);
  await tap.next("the first list", ({ event }) => event === "sync");
  return tap;
};

describe("the list", () => {
  test("has the ready replicas with the address of their node and the published ports", async () => {
    await podling.do("POST", services, input("web", { ports: [{ containerPort: 80, name: "http" }] }));
    const [first, second] = await tasksOf(podling, "web");
    expect((await endpointsOf("web")).endpoints).toEqual([]);
    await runs(first!, { publishedPorts: published("10.0.0.5", 49153) });
    await podling.report(second!, "running", { containerId: "c", ready: false });
    const list = await endpointsOf("web");
    expect(list).toMatchObject({ name: "web", revision: expect.any(Number), serviceId: expect.any(String) });
    expect(list.endpoints).toEqual([
      {
        taskId: first!.taskId as Endpoint["taskId"],
        ...{ name: "web.1", slot: "1", revision: 1, draining: false },
        ...{ nodeId: node.nodeId, hostname: "n1", address: "10.0.0.5" },
        ports: [{ name: "http", address: "10.0.0.5", hostPort: 49153, containerPort: 80, protocol: "tcp" }],
      },
    ]);
  });

  const addresses: [asked: string | undefined, engine: string[], shown: string[]][] = [
    [undefined, ["192.168.7.7"], ["10.0.0.5"]],
    ["0.0.0.0", ["0.0.0.0", "::"], ["10.0.0.5"]],
    ["127.0.0.1", ["127.0.0.1"], ["127.0.0.1"]],
    ["10.9.9.9", ["10.9.9.9"], ["10.9.9.9"]],
  ];
  test.each(addresses)("published on %p, at the engine %p: clients use %p", async (asked, engine, shown) => {
    const name = `at-${(asked ?? "node").replaceAll(".", "-")}`;
    const port = { containerPort: 80, ...(asked ? { hostIp: asked } : {}) };
    await podling.do("POST", services, input(name, { replicas: 1, ports: [port] }));
    const [task] = await tasksOf(podling, name);
    await runs(task!, { publishedPorts: engine.flatMap((address) => published(address, 4000)) });
    const [endpoint] = (await endpointsOf(name)).endpoints;
    expect(endpoint!.ports.map(({ address }) => address)).toEqual(shown);
  });

  test("a replica that restarts is left out", async () => {
    await podling.do("POST", services, input("restarts", { replicas: 1 }));
    const [task] = await tasksOf(podling, "restarts");
    await runs(task!);
    expect((await endpointsOf("restarts")).endpoints.length).toBe(1);
    await runs(task!, { restarts: 1, reason: { code: "restarting", message: "exited with code 1" } });
    expect((await endpointsOf("restarts")).endpoints).toEqual([]);
  });

  test("of a service that is not there: 404", async () => {
    expectRefusal(await podling.ask("GET", `${services}/nowhere/endpoints`), 404, "service-not-found");
    expectRefusal(await podling.ask("GET", `${services}/nowhere/endpoints?watch=true`), 404, "service-not-found");
  });
});

describe("ports of a service", () => {
  test("are published on the address of the node, and a fixed one is stored with its mode", async () => {
    const ports = [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }];
    const { template } = await podling.do<{ template: { containers: { ports: object[] }[] } }>(
      "POST",
      services,
      input("ports", { replicas: 0, ports }),
    );
    expect(template.containers[0]!.ports).toEqual([
      { hostPort: null, containerPort: 80, protocol: "tcp", hostIp: "node" },
      { hostPort: 8081, containerPort: 81, protocol: "tcp", hostIp: "node", mode: "host" },
    ]);
    const task = await podling.create("plain", { ports: [{ containerPort: 80 }] });
    expect(task.ports).toEqual([{ hostPort: null, containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" }]);
  });

  test("wait for a node whose worker knows its address; the reason says so", async () => {
    const old = new TestMaster();
    try {
      await old.register("old", { capacity: 10, version: "0.1.0" });
      await old.do("POST", services, input("web", { replicas: 1, ports: [{ containerPort: 80 }] }));
      const [task] = await tasksOf(old, "web");
      expect(task).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
      expect(task!.reason.message).toContain("does not know node-address");
    } finally {
      await old.stop();
    }
  });
});

describe("the stream", () => {
  test("begins with the list; a replica is shown when it is ready and marked before it is stopped", async () => {
    const rollout = { minReadyMs: 0, monitorMs: 0, drainMs: 1000 };
    await podling.do("POST", services, input("watched", { replicas: 1, rollout }));
    const changes = await podling.stream("/api/v1/watch");
    const tap = await watch("watched");
    const [task] = await tasksOf(podling, "watched");
    await runs(task!);
    const ready = await tap.next("the replica", ({ event }) => event === "endpoint");
    expect(ready.data).toMatchObject({ taskId: task!.taskId, draining: false });
    const begun = performance.now();
    await podling.do("POST", `${services}/watched/scale?replicas=0`);
    const drained = await tap.next("the drain", ({ event, data }) => event === "endpoint" && data.draining === true);
    const stopped = await changes.next("the stop", ({ data }) => {
      const changed = data.task as TaskView | undefined;
      return changed?.taskId === task!.taskId && changed.desired === "stopped";
    });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(rollout.drainMs);
    const gone = await tap.next("the end", ({ event }) => event === "gone");
    expect(gone.data).toMatchObject({ taskId: task!.taskId });
    expect(Number(drained.id)).toBeLessThan(Number(stopped.id));
    expect(gone.id).toBe(stopped.id);
    tap.close();
    changes.close();
  });

  test("a change that clients do not see sends nothing", async () => {
    await podling.do("POST", services, input("quiet", { replicas: 2 }));
    const tap = await watch("quiet");
    await reaches(podling, "quiet");
    await tap.next("both", ({ event, data }) => event === "endpoint" && data.slot === "2");
    const count = tap.events.length;
    const [first] = await tasksOf(podling, "quiet");
    await runs(first!, { exitCode: 3 });
    await podling.do("POST", `${services}/quiet/scale?replicas=3`);
    await reaches(podling, "quiet");
    await tap.next("the third", ({ event, data }) => event === "endpoint" && data.slot === "3");
    expect(tap.events.length).toBe(count + 1);
    tap.close();
  });

  test("a node with another address changes its endpoints", async () => {
    const other = new TestMaster();
    try {
      const registered = (more: object) =>
        other.ask<Node>("POST", "/api/v1/nodes/register", {
          body: { hostname: "n1", port: 8081, version: "1", ...more },
          headers: { [instanceHeader]: "a.1" },
        });
      const { nodeId } = (await registered({ address: "10.0.0.1" })).body;
      await other.do("POST", services, input("moves", { replicas: 1 }));
      const tap = await other.stream(`${services}/moves/endpoints?watch=true`);
      await reaches(other, "moves");
      await tap.next("the replica", ({ event }) => event === "endpoint");
      await registered({ nodeId, address: "10.0.0.2" });
      const moved = await tap.next("the address", ({ data }) => (data as unknown as Endpoint).address === "10.0.0.2");
      expect(moved.event).toBe("endpoint");
      tap.close();
    } finally {
      await other.stop();
    }
  });

  test("of a service that is removed ends, after its endpoints have gone", async () => {
    await podling.do("POST", services, input("removed", { replicas: 1 }));
    await reaches(podling, "removed");
    const tap = await watch("removed");
    await podling.do("DELETE", `${services}/removed`);
    await tap.next("the end", ({ event }) => event === "removed");
    expect(tap.events.map(({ event }) => event)).toEqual(["sync", "gone", "removed"]);
  });
});
