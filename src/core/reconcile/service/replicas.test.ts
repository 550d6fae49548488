// Replicas on a small cluster: they are kept, scaled, replaced and removed, also over undo and snapshots.

import { describe, expect, test } from "bun:test";
import { limits } from "../../../model/limits.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { retention, World } from "../../test-world.ts";
import { Replica } from "./replica.ts";
import { Services } from "./test-services.ts";

describe("replicas", () => {
  test("as many as wanted start, in slots with names, and the first revision becomes stable", () => {
    const services = new Services();
    services.put({ replicas: 3 });
    services.settle();
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1", "web.3 app:1"]);
    expect(services.service).toMatchObject({ target: 1, stable: 1, rollout: null, reason: { code: "steady" } });
  });

  test("the same input again changes nothing", () => {
    const services = new Services();
    services.put({ replicas: 2 });
    services.settle();
    const { revision } = services.world.state;
    services.put({ replicas: 2 });
    expect(services.world.state.revision).toBe(revision);
  });

  test("a large service is made and ended in several ticks, none of them large", () => {
    const replicas = 5_000;
    const { world } = new Services();
    const sizes: number[] = [];
    const put = (wanted: number) => {
      const input = { name: "web", image: "app:1", replicas: wanted } as ParsedServiceInput;
      let tick = world.do({ type: "putService", input, by: "test" });
      sizes.push(tick.changes.length);
      while (tick.wakeAt !== null && tick.wakeAt <= world.now) {
        tick = world.do({ type: "wake" });
        sizes.push(tick.changes.length);
      }
      return [...world.state.tables.task.values()].filter(({ desired }) => desired === "running").length;
    };
    expect([put(replicas), put(0)]).toEqual([replicas, 0]);
    expect(Math.max(...sizes)).toBeLessThan(4_000);
  });

  test("scaled up and down, the highest slots come and go, drained before they stop", () => {
    const services = new Services();
    services.put({ replicas: 2 });
    services.settle();
    const { serviceId } = services.service;
    services.do({ type: "scaleService", serviceId, replicas: 4 });
    services.settle();
    expect(services.served.length).toBe(4);
    services.do({ type: "scaleService", serviceId, replicas: 1 });
    const draining = services.tasks.filter(({ desired }) => desired === "draining");
    expect(draining.map(({ name }) => name)).toEqual(["web.2", "web.3", "web.4"]);
    services.settle();
    expect(services.served).toEqual(["web.1 app:1"]);
  });

  test("a clock that is set back makes no drain and no pause longer", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 2, rollout: { drainMs: 3_000 } });
    services.settle();
    services.do({ type: "scaleService", serviceId, replicas: 1 });
    expect(services.tasks.map(({ desired }) => desired)).toEqual(["running", "draining"]);
    services.world.now -= 3_600_000;
    for (let round = 0; round < 5; round++) services.round();
    expect(services.tasks.map(({ name, desired }) => `${name} ${desired}`)).toEqual(["web.1 running"]);
    services.behaviour["app:1"] = "fails";
    services.world.tick({ type: "stopTask", taskId: services.tasks[0]!.taskId });
    for (let round = 0; round < 100; round++) services.round(250);
    const failures = () => Math.max(...services.tasks.map(({ owner }) => owner?.failures ?? 0));
    const before = failures();
    services.world.now -= 3_600_000;
    for (let round = 0; round < 3; round++) services.round();
    expect([before > 2, failures()]).toEqual([true, before + 1]);
  });

  test("a clock that is set back makes no rollout longer", () => {
    const services = new Services();
    services.put({ replicas: 1 });
    services.settle();
    services.behaviour["app:2"] = "never-starts";
    services.put({ image: "app:2", rollout: { deadlineMs: 10_000 } });
    services.round();
    services.world.now -= 3_600_000;
    for (let round = 0; round < 60; round++) services.round(250);
    expect(services.service).toMatchObject({ target: 1, reason: { code: "rolled-back" } });
    services.put({ image: "app:3", rollout: { monitorMs: 5_000 } });
    for (let round = 0; services.service.rollout?.settledAt === null && round < 60; round++) services.round();
    services.world.now -= 3_600_000;
    for (let round = 0; round < 30; round++) services.round(250);
    expect(services.service).toMatchObject({ rollout: null, stable: 3 });
  });

  test("one that ends is replaced, at once the first time and later the more often it ends", () => {
    const services = new Services();
    services.behaviour["app:1"] = "fails";
    services.put({ replicas: 1, restartPolicy: "never" as never });
    const starts: number[] = [];
    let seen = 0;
    for (let round = 0; round < 400; round++) {
      services.round(250);
      const count = services.world.state.tasks.size;
      if (count > seen) starts.push(services.world.now);
      seen = count;
    }
    const pauses = starts.slice(1).map((at, index) => at - starts[index]!);
    expect(pauses.length).toBeGreaterThan(4);
    for (let index = 1; index < pauses.length; index++)
      expect(pauses[index]!).toBeGreaterThanOrEqual(pauses[index - 1]!);
    expect(pauses[0]).toBeLessThanOrEqual(limits.restartBackoffInitialMs + 500);
  });

  test("scaled down, one that serves stays until the slots below it serve, also while a new one is not placed yet", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 2 });
    services.settle();
    services.behaviour["app:2"] = "never-starts";
    services.put({ image: "app:2" });
    services.do({ type: "pauseService", serviceId, paused: true });
    services.world.tick({ type: "stopTask", taskId: services.serving[0]!.taskId });
    services.reset();
    services.do({ type: "scaleService", serviceId, replicas: 1 });
    services.put({ image: "app:3" });
    expect(services.least).toBe(1);
  });

  test("two that serve in one slot, after a drain that was taken back: one makes way for an empty slot", () => {
    const services = new Services(3);
    services.put({ replicas: 3, rollout: { minReadyMs: 10_000 } });
    services.settle();
    const [third] = services.tasks.filter(({ name }) => name === "web.3");
    const { nodeId } = services.tasks.find(({ name }) => name === "web.1")!.placement!;
    services.do({ type: "drainNode", nodeId, deadlineMs: 60_000, by: "test" });
    for (let round = 0; round < 3; round++) services.round();
    expect(services.served).toEqual(["web.1 app:1", "web.1 app:1", "web.2 app:1", "web.3 app:1"]);
    const reason = { code: "exited" as const, message: "exited with code 1" };
    services.do(services.world.report(third!.taskId, { status: "failed", exitCode: 1, reason } as never));
    services.do({ type: "undrainNode", nodeId });
    for (let round = 0; round < 200; round++) services.round();
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1", "web.3 app:1"]);
  });

  test("more slots that fail than finished tasks are kept: their pauses grow all the same", () => {
    const services = new Services();
    services.behaviour["app:1"] = "fails";
    services.put({ replicas: retention.count + 50 });
    for (let round = 0; round < 50; round++) services.round();
    const failures = services.tasks.map(({ owner }) => owner?.failures ?? 0);
    expect([failures.length, Math.min(...failures)]).toEqual([retention.count + 50, 2]);
  });

  test("of each slot the newest finished tasks are kept", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 2, rollout: { monitorMs: 100, minReadyMs: 0, drainMs: 0 } });
    services.settle();
    const ends: string[] = [];
    for (let restart = 0; restart < limits.finishedTasksOfSlot + 3; restart++) {
      services.do({ type: "restartService", serviceId, by: "test" });
      for (let round = 0; round < 30; round++) services.round();
      for (const [id, { name, ended }] of services.world.state.tasks)
        if (name === "web.1" && ended && !ends.includes(id)) ends.push(id);
    }
    const finished = [...services.world.state.tasks.values()].filter(({ ended }) => ended !== null);
    const slot = finished.filter(({ name }) => name === "web.1").map(({ taskId }): string => taskId);
    expect(ends.length).toBe(limits.finishedTasksOfSlot + 3);
    expect(slot.sort()).toEqual(ends.slice(-limits.finishedTasksOfSlot));
    expect(finished.length).toBe(2 * limits.finishedTasksOfSlot);
  });

  test("a lost node: its replicas are replaced in the same batch, each once", () => {
    const services = new Services();
    services.put({ replicas: 6 });
    services.settle();
    const { revision } = services.world.state;
    services.lose("n1");
    expect(services.world.state.revision).toBe(revision + 1);
    expect(services.tasks.filter((task) => new Replica(task).stage === "live").length).toBe(6);
    services.settle();
    expect(services.served.length).toBe(6);
    expect(new Set(services.served).size).toBe(6);
  });

  test("removed with their service", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 2 });
    services.settle();
    services.do({ type: "removeService", serviceId });
    for (let round = 0; round < 5; round++) services.round();
    expect(services.world.state.tasks.size).toBe(0);
    expect(services.world.state.tables.revision.size).toBe(0);
  });
});

test("a first revision that fails is said at once, and serves when it does after all", () => {
  const services = new Services();
  services.behaviour["app:1"] = "fails";
  services.put({ replicas: 2 });
  for (let round = 0; round < 5; round++) services.round();
  expect(services.service).toMatchObject({ rollout: null, stable: null, reason: { code: "failing" } });
  services.behaviour["app:1"] = "runs";
  for (let round = 0; round < 100; round++) services.round(1_000);
  expect(services.served).toEqual(["web.1 app:1", "web.2 app:1"]);
  expect(services.service).toMatchObject({ stable: 1, reason: { code: "steady" } });
});

test("undo gives the same state, and the same plan after it", () => {
  const services = new Services();
  services.put({ replicas: 3 });
  services.settle();
  const { world } = services;
  const text = () => JSON.stringify([...writeSnapshot(world.state)]);
  const before = text();
  const tick = world.tick({
    type: "putService",
    input: { name: "web", image: "app:2" } as ParsedServiceInput,
    by: "test",
  });
  const after = text();
  expect(after).not.toBe(before);
  tick.undo();
  expect(text()).toBe(before);
});

test("a snapshot goes on with the rollout", () => {
  const services = new Services();
  services.put({ replicas: 3 });
  services.settle();
  services.put({ image: "app:2" });
  const world = new World();
  Object.assign(world, { state: readSnapshot([...writeSnapshot(services.world.state)]), now: services.world.now });
  Object.assign(services, { world });
  services.settle();
  expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
});

test("revisions beyond those that are kept go, but none in use", () => {
  const services = new Services();
  for (let version = 1; version <= limits.revisionsKept + 5; version++) {
    services.put({ image: `app:${version}` });
    services.settle();
  }
  const numbers = services.world.state.revisionsOf(services.service.serviceId);
  expect(numbers.length).toBeLessThanOrEqual(limits.revisionsKept + 1);
  expect(numbers.at(-1)).toBe(limits.revisionsKept + 5);
});
