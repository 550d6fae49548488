// Configs in the state: numbered versions, which template gets which of them, what a new version rolls out, and what is kept.

import { beforeEach, describe, expect, test } from "bun:test";
import { encodedOf } from "../../model/config/config.ts";
import { limits } from "../../model/limits.ts";
import { revisionId } from "../../model/service/service.ts";
import { knownFeatures } from "../../model/task/needs.ts";
import type { TaskStatus } from "../../model/task/reason.ts";
import { parseRestartPolicy } from "../../model/task/restart-policy.ts";
import { Services } from "../reconcile/service/test-services.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import type { World } from "../test-world.ts";

const by = "anna@laptop";
let services: Services;
let world: World;

beforeEach(() => {
  services = new Services(0);
  ({ world } = services);
  for (const name of ["n1", "n2"])
    world.node(name, { capacity: 100, cpu: 0, memory: 0, version: "1", instance: name, features: knownFeatures });
});

const put = (name: string, text: string, mustBeNew = false) =>
  ({ type: "putConfig", name, ...encodedOf(Buffer.from(text)), by, mustBeNew }) as const;
const create = (name: string, text: string) => services.do(put(name, text, true));
const update = (name: string, text: string) => services.do(put(name, text));
const refusal = (command: Parameters<World["refusal"]>[0]) => world.refusal(command);
const versions = (name: string) => [...world.state.versionsOf("config", name)];
const references = (number = services.service.target) =>
  world.state.record("revision", revisionId(services.service.serviceId, number)).spec.containers[0]!.configs;

describe("versions", () => {
  test("are numbered, and the same content again makes none", () => {
    create("a", "one");
    update("a", "two");
    update("a", "two");
    expect(versions("a")).toEqual([1, 2]);
    expect(world.state.record("config", "a.2")).toEqual({
      ...{ name: "a", version: 2, bytes: 3, data: "two", encoding: "utf8" },
      ...{ createdAt: "2025-01-19T12:34:56.000Z", by },
    });
    services.do({ ...put("a", "two"), labels: { tier: "web" } });
    expect(world.state.record("config", "a.3").labels).toEqual({ tier: "web" });
    update("a", "three");
    expect(world.state.record("config", "a.4").labels).toEqual({ tier: "web" });
  });

  test("a task that is started elsewhere has a version that is kept", () => {
    create("a", "1");
    const { taskId, nodeId } = world.task("web", {
      restartPolicy: parseRestartPolicy("always"),
      configs: [{ name: "a" }],
    });
    const report = (status: TaskStatus) => services.do(world.report(taskId, { status, containerId: "c" }));
    report("running");
    services.do({ type: "drainNode", nodeId: nodeId!, deadlineMs: 60_000, by });
    for (let version = 2; version <= 6; version++) update("a", String(version));
    report("stopped");
    const next = world.state.task(world.state.task(taskId).replacedBy!);
    expect(versions("a")).toContain(next.spec.containers[0]!.configs![0]!.resolved!);
  });

  test("a name that is taken, and one that is not", () => {
    create("a", "one");
    expect(refusal(put("a", "two", true))).toBe("name-taken");
    expect(refusal(put("b", "two"))).toBe("config-not-found");
    expect(refusal({ type: "removeContent", kind: "config", name: "b" })).toBe("config-not-found");
  });

  test("the newest three are kept, and every one that a kept revision has", () => {
    create("a", "1");
    services.put({ replicas: 1, configs: [{ name: "a" }] });
    for (let version = 2; version <= 6; version++) update("a", String(version));
    expect(versions("a")).toEqual([1, 2, 3, 4, 5, 6]);
    services.put({ replicas: 1 });
    create("unused", "1");
    for (let version = 2; version <= 6; version++) update("unused", String(version));
    expect(versions("unused")).toEqual([4, 5, 6]);
    for (let number = 0; number < limits.revisionsKept; number++) {
      services.put({ replicas: 1, env: { N: String(number) } });
      services.settle();
    }
    update("a", "7");
    expect(versions("a")).toEqual([5, 6, 7]);
  });

  test("numbers go on after a removal, while an old revision names one", () => {
    create("a", "one");
    services.put({ replicas: 1, configs: [{ name: "a" }] });
    services.settle();
    services.put({ replicas: 1 });
    services.settle();
    services.do({ type: "removeContent", kind: "config", name: "a" });
    expect(versions("a")).toEqual([]);
    expect(refusal({ type: "rollbackService", serviceId: services.service.serviceId, to: 1 })).toBe("unprocessable");
    create("a", "other");
    expect(versions("a")).toEqual([2]);
  });

  test("no more than the limit", () => {
    for (let index = 0; index < limits.contents; index++) create(`c${index}`, "x");
    expect(refusal(put("one-more", "x", true))).toBe("too-many");
  });
});

describe("a task", () => {
  test("gets the newest version, and keeps it", () => {
    create("a", "one");
    const { taskId } = world.task("t", { configs: [{ name: "a", target: "/a" }] });
    update("a", "two");
    expect(world.view(taskId).configs).toEqual([{ name: "a", target: "/a", resolved: 1 }]);
    expect(world.view(world.task("u", { configs: [{ name: "a", version: 1 }] }).taskId).configs).toEqual([
      { name: "a", version: 1 },
    ]);
  });

  test("is refused with a config that is not there", () => {
    create("a", "one");
    const input = { name: "t", image: "busybox" };
    expect(refusal({ type: "createTask", input: { ...input, configs: [{ name: "b" }] } })).toBe("unprocessable");
    expect(refusal({ type: "createTask", input: { ...input, configs: [{ name: "a", version: 2 }] } })).toBe(
      "unprocessable",
    );
  });

  test("keeps its config from being removed until it has ended", () => {
    create("a", "one");
    const { taskId } = world.task("t", { configs: [{ name: "a" }] });
    const remove = { type: "removeContent", kind: "config", name: "a" } as const;
    expect(refusal(remove)).toBe("in-use");
    world.do(world.report(taskId, { status: "running" }));
    world.do(world.report(taskId, { status: "completed" }));
    world.do(remove);
    expect(versions("a")).toEqual([]);
  });

  test("is not placed on a worker that knows no configs", () => {
    const other = new Services(0).world;
    other.node("old", { capacity: 10, cpu: 0, memory: 0, version: "0.1.0" });
    other.do(put("a", "one", true));
    const { taskId } = other.task("t", { configs: [{ name: "a" }] });
    expect(other.view(taskId)).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    expect(other.view(taskId).reason.message).toContain("configs");
  });
});

describe("a service", () => {
  test("gets a revision for a new version, which is rolled out", () => {
    create("a", "one");
    services.put({ replicas: 2, configs: [{ name: "a" }] });
    services.settle();
    update("a", "two");
    expect(services.service).toMatchObject({ target: 2, stable: 1, rollout: { from: 1, to: 2 } });
    expect(world.state.record("revision", revisionId(services.service.serviceId, 2))).toMatchObject({
      ...{ note: "config a version 2", by },
    });
    services.settle();
    expect(services.service).toMatchObject({ stable: 2, rollout: null });
    expect(references()).toEqual([{ name: "a", resolved: 2 }]);
    expect(references(1)).toEqual([{ name: "a", resolved: 1 }]);
  });

  test("goes back to the version that served if the new one fails", () => {
    create("a", "one");
    services.put({ replicas: 2, configs: [{ name: "a" }] });
    services.settle();
    services.behaviour["app:1"] = "fails";
    update("a", "two");
    for (let round = 0; round < 5; round++) services.round();
    expect(services.service).toMatchObject({ target: 1, reason: { code: "rolled-back" } });
    services.behaviour["app:1"] = "runs";
    services.settle();
    expect(services.serving.map(({ spec }) => spec.containers[0]!.configs)).toEqual([
      [{ name: "a", resolved: 1 }],
      [{ name: "a", resolved: 1 }],
    ]);
  });

  test("does not change for another config, a fixed version or none", () => {
    create("a", "one");
    create("b", "one");
    const configs = [
      { name: "a", version: 1, target: "/1" },
      { name: "a", onChange: "none" as const, target: "/3" },
    ];
    services.put({ replicas: 1, configs });
    services.settle();
    update("b", "two");
    update("a", "two");
    expect(services.service.newest).toBe(1);
    services.put({ replicas: 1, configs });
    expect(services.service.newest).toBe(1);
    services.put({ replicas: 1, configs, env: { A: "b" } });
    expect(references()).toEqual([configs[0]!, { ...configs[1]!, resolved: 2 }]);
  });

  test("an unchanged apply changes nothing, and a restart takes the newest version", () => {
    create("a", "one");
    const configs = [{ name: "a", onChange: "none" as const }];
    services.put({ replicas: 1, configs });
    services.settle();
    const { revision } = world.state;
    services.put({ replicas: 1, configs });
    expect(world.state.revision).toBe(revision);
    update("a", "two");
    services.do({ type: "restartService", serviceId: services.service.serviceId, by });
    expect(references()).toEqual([{ ...configs[0]!, resolved: 2 }]);
  });

  test("keeps its configs from being removed, and is named", () => {
    create("a", "one");
    services.put({ replicas: 1, configs: [{ name: "a" }] });
    const tick = world.tick({ type: "removeContent", kind: "config", name: "a" });
    expect(tick.outcomes[0]).toMatchObject({
      refusal: { code: "in-use", message: expect.stringContaining("the service web") },
    });
  });
});

test("a job needs its configs, and its tasks get the newest version when they start", () => {
  const job = { name: "j", image: "app:1", configs: [{ name: "a" }] };
  expect(refusal({ type: "putJob", input: job, by })).toBe("unprocessable");
  create("a", "one");
  services.do({ type: "putJob", input: job, by });
  const [task] = [...world.state.tasks.values()];
  expect(task!.spec.containers[0]!.configs).toEqual([{ name: "a" }]);
  expect(refusal({ type: "removeContent", kind: "config", name: "a" })).toBe("in-use");
  update("a", "two");
  services.do({ type: "putJob", input: job, by });
});

test("a schedule needs its configs, and keeps them from being removed", () => {
  const input = { name: "nightly", cron: "0 3 * * *", image: "app:1", configs: [{ name: "a" }] };
  const put = { type: "putSchedule", input, by } as const;
  expect(refusal(put)).toBe("unprocessable");
  services.do({ type: "putConfig", name: "a", ...encodedOf(Buffer.from("1")), by, mustBeNew: true });
  services.do(put);
  expect(refusal({ type: "removeContent", kind: "config", name: "a" })).toBe("in-use");
  expect(refusal({ ...put, input: { ...input, configs: [{ name: "b" }] } })).toBe("unprocessable");
  services.do({ ...put, input: { ...input, configs: undefined } as never });
  services.do({ type: "removeContent", kind: "config", name: "a" });
});

test("a snapshot has them", () => {
  create("a", "one");
  update("a", "\0binary");
  const copy = readSnapshot([[...writeSnapshot(world.state)].join("\n")]);
  expect(copy.versionsOf("config", "a")).toEqual([1, 2]);
  expect(copy.record("config", "a.2")).toEqual(world.state.record("config", "a.2"));
  expect(copy.record("config", "a.2").encoding).toBe("base64");
});
