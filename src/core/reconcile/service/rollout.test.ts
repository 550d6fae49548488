// Rollouts on a small cluster: in each order, with canaries and pauses, and what becomes of those that fail.

import { describe, expect, test } from "bun:test";
import { serviceKind } from "../../../model/service/kind.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { type Behaviour, Services } from "./test-services.ts";

describe("a rollout", () => {
  test.each([1, 2, 0])(
    "start-first, %i at a time: never fewer than wanted serve, and at most one more lives",
    (parallelism) => {
      const services = new Services();
      services.put({ replicas: 4, rollout: { parallelism } });
      services.settle();
      services.reset();
      services.put({ image: "app:2" });
      services.settle();
      expect(services.served).toEqual(["web.1 app:2", "web.2 app:2", "web.3 app:2", "web.4 app:2"]);
      expect([services.least, services.most]).toEqual([4, 5]);
      expect(services.service).toMatchObject({ target: 2, stable: 2, rollout: null, reason: { code: "steady" } });
    },
  );

  test("stop-first where replicas have a fixed port: at most one is missing, and never one more lives", () => {
    const services = new Services(6);
    const ports = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" as const, hostIp: "0.0.0.0" }];
    services.put({ replicas: 4, ports });
    services.settle();
    services.reset();
    services.put({ image: "app:2", ports });
    expect(services.service.rollout).toMatchObject({ order: "stop-first", why: expect.stringContaining("port 8080") });
    services.settle();
    expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
    expect([services.least, services.most]).toEqual([3, 4]);
  });

  test.each<[behaviour: Behaviour, why: string]>([
    ["fails", "no image app:2"],
    ["crashes", "exited with code 1"],
    ["never-starts", "was not there by its deadline"],
  ])("of an image that %s: the old version goes on serving, and it goes back by itself", (behaviour, why) => {
    const services = new Services();
    services.put({ replicas: 3 });
    services.settle();
    services.reset();
    services.behaviour["app:2"] = behaviour;
    services.put({ image: "app:2" });
    services.settle();
    expect(services.least).toBe(3);
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1", "web.3 app:1"]);
    expect(services.service).toMatchObject({ target: 1, stable: 1, rollout: null, reason: { code: "rolled-back" } });
    expect(services.service.reason).toMatchObject({ message: expect.stringContaining(why), failedRevision: 2 });
    services.put({ image: "app:3" });
    services.settle();
    expect(services.service.reason).toEqual({ code: "steady", message: "revision 3 serves" });
  });

  test("of a service that never served does not say that it goes back to what served", () => {
    const services = new Services();
    services.behaviour["app:1"] = "never-starts";
    services.behaviour["app:2"] = "fails";
    services.put({ replicas: 1 });
    services.round();
    services.put({ image: "app:2" });
    for (let round = 0; round < 5 && services.service.reason.code !== "rolled-back"; round++) services.round();
    expect(services.service).toMatchObject({ target: 1, stable: null, reason: { failedRevision: 2 } });
    expect(services.service.reason.message).toEndWith("; revision 1, which has not served yet, is tried again");
  });

  test("is not done before its replicas have run for as long as the place of an old one takes", () => {
    const services = new Services();
    services.put({ replicas: 1, rollout: { monitorMs: 1_000, minReadyMs: 3_000 } });
    let settledAt = Number.POSITIVE_INFINITY;
    for (let rollout = services.service.rollout; rollout !== null; rollout = services.service.rollout) {
      if (rollout.settledAt !== null) settledAt = Date.parse(rollout.settledAt);
      services.round();
    }
    expect(services.world.now - settledAt).toBeGreaterThanOrEqual(3_000);
  });

  test("names the revision in the record; records from before this field are read as well", async () => {
    const services = new Services();
    services.behaviour["app:1"] = "fails";
    services.put({ replicas: 1 });
    for (let round = 0; round < 5; round++) services.round();
    expect(services.service.reason).toMatchObject({ code: "failing", failedRevision: 1 });
    const { failedRevision: _, ...reason } = services.service.reason;
    const schema = await serviceKind.loadSchema();
    const packed = serviceKind.pack(services.service);
    for (const record of [packed, { ...packed, reason }]) expect(schema.parse(record)).toEqual(record);
    services.behaviour["app:1"] = "runs";
    for (let round = 0; round < 100; round++) services.round(1_000);
    expect(services.service.reason.code).toBe("steady");
    expect(services.service.reason).not.toHaveProperty("failedRevision");
  });

  test("back to replicas that were restarted before does not take that for a failure", () => {
    const services = new Services();
    services.put({ replicas: 3 });
    services.settle();
    const [first] = services.serving;
    const reason = { code: "running", message: "running, after 1 restart" } as const;
    services.do(services.world.report(first!.taskId, { status: "running", restarts: 1, reason }));
    services.behaviour["app:2"] = "fails";
    services.put({ image: "app:2" });
    services.settle();
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1", "web.3 app:1"]);
    expect(services.service).toMatchObject({ paused: false, target: 1, reason: { code: "rolled-back" } });
  });

  test("that fails with pause waits for a person, who may go on or back", () => {
    const services = new Services();
    services.put({ replicas: 3, rollout: { onFailure: "pause" } });
    services.settle();
    services.behaviour["app:2"] = "fails";
    services.put({ image: "app:2" });
    for (let round = 0; round < 50; round++) services.round();
    expect(services.service).toMatchObject({ paused: true, target: 2, reason: { code: "paused" } });
    expect(services.serving.length).toBe(3);
    services.do({ type: "rollbackService", serviceId: services.service.serviceId });
    services.settle();
    expect(services.served.every((one) => one.endsWith("app:1"))).toBe(true);
    expect(services.service).toMatchObject({ paused: false, target: 1 });
  });

  test("with canaries waits for their promotion", () => {
    const services = new Services();
    services.put({ replicas: 4, rollout: { canary: 1 } });
    services.settle();
    services.put({ image: "app:2" });
    for (let round = 0; round < 100; round++) services.round(1_000);
    expect(services.served.filter((one) => one.endsWith("app:2"))).toEqual(["web.1 app:2"]);
    expect(services.service.reason.code).toBe("canary");
    services.do({ type: "promoteService", serviceId: services.service.serviceId });
    services.settle();
    expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
    expect(services.service.stable).toBe(2);
  });

  test("a node that is lost in the middle: the floor holds again with the next starts", () => {
    const services = new Services();
    services.put({ replicas: 6 });
    services.settle();
    services.put({ image: "app:2" });
    for (let round = 0; round < 3; round++) services.round();
    services.lose("n2");
    services.settle();
    expect(services.served.length).toBe(6);
    expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
    expect(services.service.reason.code).toBe("steady");
  });

  test("of a hundred replicas issues at most four changes for each", () => {
    const services = new Services(4);
    services.put({ replicas: 100, rollout: { parallelism: 10, maxSurge: 10, drainMs: 0 } });
    services.settle();
    let changes = 0;
    const { world } = services;
    const tick = world.do.bind(world);
    world.do = (command) => {
      const done = tick(command);
      if (command.type !== "reportTask") changes += done.changes.length;
      else
        changes += done.changes.filter(
          (change) => change.type !== "task.updated" || change.id !== command.taskId,
        ).length;
      return done;
    };
    services.put({ image: "app:2" });
    services.settle();
    expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
    expect(changes).toBeLessThanOrEqual(400);
  });
});

describe("a rollout, in less usual cases:", () => {
  test("a replica that fails under `continue` is tried again with pauses, not at every tick", () => {
    const services = new Services();
    services.put({ replicas: 3, rollout: { onFailure: "continue" } });
    services.settle();
    services.behaviour["app:2"] = "fails";
    services.put({ image: "app:2" });
    const { size } = services.world.state.tasks;
    for (let round = 0; round < 600; round++) services.round(50);
    expect(services.world.state.tasks.size - size).toBeLessThan(20);
    expect(services.serving.length).toBe(3);
  });

  test("back from canaries by hand, all slots have the old revision", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 3, rollout: { canary: 1 } });
    services.settle();
    services.put({ image: "app:2" });
    for (let round = 0; round < 60; round++) services.round(500);
    expect(services.service.reason.code).toBe("canary");
    services.do({ type: "rollbackService", serviceId });
    services.settle();
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1", "web.3 app:1"]);
  });

  test("when all is lost while canaries wait, only as many slots as canaries get the new revision, however late", () => {
    const services = new Services(1);
    services.put({ replicas: 3, rollout: { canary: 1 } });
    services.settle();
    services.put({ image: "app:2" });
    for (let round = 0; round < 60; round++) services.round(60_000);
    services.lose("n1");
    services.world.node("n2", { capacity: 100, cpu: 0, memory: 0, version: "1", instance: "p9" });
    for (let round = 0; round < 60; round++) services.round(500);
    expect(services.served.filter((one) => one.endsWith("app:2")).length).toBe(1);
    expect(services.served.length).toBe(3);
    expect(services.service).toMatchObject({ target: 2, stable: 1 });
  });

  test("paused on the way back, an empty slot gets the good revision", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 3 });
    services.settle();
    services.behaviour["app:2"] = "fails";
    services.put({ image: "app:2" });
    services.round();
    services.do({ type: "pauseService", serviceId, paused: true });
    services.lose("n1");
    for (let round = 0; round < 60; round++) services.round(500);
    expect(services.served.every((one) => one.endsWith("app:1"))).toBe(true);
  });

  test("at its ceiling, an empty slot comes before a new replica that waits beside one that serves", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 3, rollout: { parallelism: 3 } });
    services.settle();
    services.behaviour["app:2"] = "never-starts";
    const [, , third] = services.tasks;
    const reason = { code: "exited" as const, message: "exited with code 1" };
    services.do(services.world.report(third!.taskId, { status: "failed", exitCode: 1, reason } as never));
    services.put({ image: "app:2", rollout: { parallelism: 3 } });
    services.do({ type: "pauseService", serviceId, paused: true });
    for (let round = 0; round < 60; round++) services.round(500);
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1", "web.3 app:1"]);
    expect(services.most).toBe(4);
  });

  test("on full nodes, the old replica of a slot whose new one serves makes way for another slot that waits", () => {
    const services = new Services(0);
    services.world.node("n1", { capacity: 4, cpu: 0, memory: 0, version: "1", instance: "p1" });
    services.put({ replicas: 3, rollout: { minReadyMs: 2_000 } });
    services.settle();
    services.put({ image: "app:2" });
    for (let round = 0; round < 3; round++) services.round();
    expect(services.served).toEqual(["web.1 app:1", "web.1 app:2", "web.2 app:1", "web.3 app:1"]);
    services.world.task("other");
    const third = services.tasks.find(({ name }) => name === "web.3")!;
    const reason = { code: "exited" as const, message: "exited with code 1" };
    services.do(services.world.report(third.taskId, { status: "failed", exitCode: 1, reason } as never));
    for (let round = 0; round < 200; round++) services.round();
    expect(services.served.map((one) => one.split(" ")[0])).toEqual(["web.1", "web.2", "web.3"]);
  });

  test.each([
    [{ order: "start-first", maxSurge: 0 }, "could never replace"],
    [{ order: "stop-first", maxUnavailable: 0 }, "no old replica may stop"],
  ] as const)("%p is refused: no step would be possible", (rollout, says) => {
    const services = new Services();
    const input = { name: "web", image: "app:1", rollout } as unknown as ParsedServiceInput;
    const [outcome] = services.world.tick({ type: "putService", input, by: "test" }).outcomes;
    expect(outcome!.ok ? "granted" : outcome!.refusal.message).toContain(says);
  });

  test("without a replica beyond the wanted ones, old ones stop first", () => {
    const services = new Services();
    services.put({ replicas: 3, rollout: { maxSurge: 0 } });
    services.settle();
    services.reset();
    services.put({ image: "app:2" });
    services.settle();
    expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
    expect([services.least, services.most]).toEqual([2, 3]);
  });

  test("stop-first: a replica that has just started lets no other old one go", () => {
    const services = new Services();
    services.put({ replicas: 2, rollout: { order: "stop-first", parallelism: 0, maxFailures: 100 } });
    services.settle();
    services.behaviour["app:2"] = "crashes";
    services.put({ image: "app:2" });
    let least = 2;
    for (let round = 0; round < 60; round++) {
      services.round();
      least = Math.min(least, services.served.filter((one) => one.endsWith("app:1")).length);
    }
    expect(least).toBe(1);
  });

  test("of no replicas shows nothing: the stable revision stays", () => {
    const services = new Services();
    const { serviceId } = services.put({ replicas: 2 });
    services.settle();
    services.do({ type: "scaleService", serviceId, replicas: 0 });
    services.put({ image: "app:2" });
    services.settle();
    expect(services.service).toMatchObject({ target: 2, stable: 1, rollout: null });
  });
});
