// Global services on a small cluster: nodes that join, leave, are cordoned, stop fitting, and rollouts over them.

import { describe, expect, test } from "bun:test";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { requirementsOfTask } from "../../../model/task/requirements.ts";
import { Services } from "./test-services.ts";

const global: Partial<ParsedServiceInput> = { mode: "global" };

function started(nodes = 3, more: Partial<ParsedServiceInput> = {}): Services {
  const services = new Services(nodes);
  services.put({ ...global, ...more });
  services.settle();
  return services;
}

function join(services: Services, hostname: string, more: object = {}): void {
  services.world.node(hostname, { capacity: 100, cpu: 0, memory: 0, version: "1", instance: hostname, ...more });
  services.settle();
}

const idOf = (services: Services, hostname: string) => [...services.world.state.nodesNamed(hostname)][0]!;

function setSchedulable(services: Services, hostname: string, schedulable: boolean): void {
  services.do({ type: "setSchedulable", nodeId: idOf(services, hostname), schedulable });
  services.settle();
}

/** "web.n1 on n1", for each replica that serves. */
const places = ({ world, serving }: Services) =>
  serving.map(({ name, placement }) => `${name} on ${world.state.node(placement!.nodeId).hostname}`).sort();

describe("a global service", () => {
  test("has one replica on each node, which has the name of the node", () => {
    const services = started();
    expect(places(services)).toEqual(["web.n1 on n1", "web.n2 on n2", "web.n3 on n3"]);
    expect(services.service).toMatchObject({ mode: { type: "global" }, stable: 1, reason: { code: "steady" } });
  });

  test("starts one on a node that joins, and none on a node without a worker", () => {
    const services = started(1);
    join(services, "later");
    services.world.node("by-hand");
    services.settle();
    expect(places(services)).toEqual(["web.later on later", "web.n1 on n1"]);
    expect(services.tasks.length).toBe(2);
  });

  test("runs only where the constraints hold, and follows the labels", () => {
    const constraints = [{ type: "label" as const, key: "disk", operator: "equals" as const, value: "ssd" }];
    const services = started(2, { constraints });
    expect(services.tasks).toEqual([]);
    expect(services.service.reason.code).toBe("steady");
    services.do({ type: "labelNode", nodeId: idOf(services, "n2"), set: { disk: "ssd" }, remove: [] });
    services.settle();
    expect(places(services)).toEqual(["web.n2 on n2"]);
    services.do({ type: "labelNode", nodeId: idOf(services, "n2"), set: {}, remove: ["disk"] });
    services.settle();
    expect(places(services)).toEqual([]);
    expect(services.tasks).toEqual([]);
  });

  test("a lost node: nothing is started elsewhere, and its replica comes back with it", () => {
    const services = started(2);
    services.lose("n1");
    services.settle();
    expect(places(services)).toEqual(["web.n2 on n2"]);
    expect(services.service.rollout).toBeNull();
    // What waits on a node that is away would hold every rollout up.
    expect(services.tasks.filter(({ observed }) => observed.status === "pending")).toEqual([]);
    services.put({ ...global, image: "app:2" });
    services.settle();
    expect(services.service).toMatchObject({ stable: 2, rollout: null });
    services.do({ type: "refreshNode", nodeId: idOf(services, "n1") });
    services.settle();
    expect(services.served).toEqual(["web.n1 app:2", "web.n2 app:2"]);
  });

  test("a removed node takes its slot with it", () => {
    const services = started(2);
    services.do({ type: "deregisterNode", nodeId: idOf(services, "n1") });
    services.settle();
    expect(places(services)).toEqual(["web.n2 on n2"]);
  });

  test("a cordoned node keeps its replica, and gets none", () => {
    const services = started(2);
    setSchedulable(services, "n1", false);
    expect(places(services)).toEqual(["web.n1 on n1", "web.n2 on n2"]);
    services.put({ ...global, image: "app:2" });
    services.settle();
    expect(services.served).toEqual(["web.n1 app:1", "web.n2 app:2"]);
    expect(services.service).toMatchObject({ stable: 2, rollout: null });
    setSchedulable(services, "n1", true);
    expect(services.served).toEqual(["web.n1 app:2", "web.n2 app:2"]);
    expect(services.service).toMatchObject({ stable: 2, newest: 2, rollout: null });
  });

  test("a replica that ends on a cordoned node is not replaced until the node takes tasks again", () => {
    const services = started(2);
    setSchedulable(services, "n1", false);
    const first = services.serving.find(({ name }) => name === "web.n1")!;
    services.do(services.world.report(first.taskId, { status: "failed", exitCode: 1 }));
    services.settle();
    expect(places(services)).toEqual(["web.n2 on n2"]);
    setSchedulable(services, "n1", true);
    expect(places(services)).toEqual(["web.n1 on n1", "web.n2 on n2"]);
  });

  test("on a node without free capacity it waits, and says what that node lacks", () => {
    const services = new Services(1);
    services.world.node("small", { capacity: 1, cpu: 1, memory: 0, version: "1", instance: "small" });
    const amount = { request: 2, limit: null };
    services.put({ ...global, resources: { cpu: amount, memory: { request: 0, limit: null } } });
    services.settle(20_000);
    const waiting = services.tasks.find(({ name }) => name === "web.small")!;
    expect(waiting.observed).toMatchObject({
      status: "pending",
      reason: { code: "no-node-fits", message: "its node does not fit: needs 2 cpu, small has 1 free of 1" },
    });
    const { state } = services.world;
    expect(state.schedule.whyNone(requirementsOfTask(waiting))).toEqual(waiting.observed.reason);
    expect(services.world.do({ type: "wake" }).changes).toEqual([]);
  });

  test("names of nodes that are too long for a task's name are cut, and stay apart", () => {
    const services = new Services(0);
    const long = `a-node-${"x".repeat(60)}`;
    join(services, `${long}1`);
    join(services, `${long}2`);
    services.put(global);
    services.settle();
    expect(services.serving.length).toBe(2);
    for (const { name } of services.serving) expect(name.length).toBeLessThanOrEqual(63);
    expect(new Set(services.serving.map(({ name }) => name)).size).toBe(2);
  });
});

describe("a rollout of a global service", () => {
  test("starts first where both can run at once, one node at a time", () => {
    const services = started(4);
    services.reset();
    services.put({ ...global, image: "app:2" });
    expect(services.service.rollout).toMatchObject({ order: "start-first" });
    services.settle();
    expect(services.served).toEqual([1, 2, 3, 4].map((node) => `web.n${node} app:2`));
    expect(places(services)).toEqual([1, 2, 3, 4].map((node) => `web.n${node} on n${node}`));
    expect([services.least, services.most]).toEqual([4, 5]);
  });

  test("stops first where a port of the node is fixed", () => {
    const ports = [{ hostPort: 9100, containerPort: 9100, protocol: "tcp" as const, hostIp: "0.0.0.0" }];
    const services = started(3, { ports });
    services.reset();
    services.put({ ...global, ports, image: "app:2" });
    services.settle();
    expect(services.served).toEqual([1, 2, 3].map((node) => `web.n${node} app:2`));
    expect([services.least, services.most]).toEqual([2, 3]);
  });

  test("goes back by itself when the new version fails", () => {
    const services = started(3);
    services.reset();
    services.behaviour["app:2"] = "fails";
    services.put({ ...global, image: "app:2" });
    services.settle();
    expect(services.served).toEqual([1, 2, 3].map((node) => `web.n${node} app:1`));
    expect(services.service.reason.code).toBe("rolled-back");
    expect(services.least).toBe(3);
  });
});

describe("the mode of a service", () => {
  test("can change, and the number of replicas is refused for a global one", () => {
    const services = started(3);
    services.put({ mode: "replicated", replicas: 2 });
    services.settle();
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1"]);
    services.put(global);
    services.settle();
    expect(places(services)).toEqual(["web.n1 on n1", "web.n2 on n2", "web.n3 on n3"]);
    const { serviceId } = services.service;
    expect(services.world.refusal({ type: "scaleService", serviceId, replicas: 2 })).toBe("unprocessable");
    const input = { name: "web", image: "app:1", replicas: 2 } as ParsedServiceInput;
    expect(services.world.refusal({ type: "putService", input, by: "test" })).toBe("unprocessable");
  });

  test("left out, it stays", () => {
    const services = started(2);
    services.put({ image: "app:2" });
    services.settle();
    expect(services.served).toEqual(["web.n1 app:2", "web.n2 app:2"]);
  });
});

test("a tick over a thousand nodes makes one replica for each, and the next one nothing", () => {
  const services = new Services(0);
  const { world } = services;
  for (let number = 0; number < 1_000; number++)
    world.node(`n${number}`, { capacity: 10, cpu: 0, memory: 0, version: "1", instance: `p${number}` });
  const input = { name: "web", image: "app:1", ...global } as ParsedServiceInput;
  const { changes } = world.do({ type: "putService", input, by: "test" });
  expect(changes.filter(({ type }) => type === "task.created").length).toBe(1_000);
  expect(services.tasks.every(({ observed }) => observed.status === "scheduled")).toBe(true);
  world.tick(...services.tasks.map(({ taskId }) => world.report(taskId, { status: "running" })));
  expect(services.serving.length).toBe(1_000);
  expect(world.do({ type: "wake" }).changes.filter(({ type }) => type !== "service.updated")).toEqual([]);
});
