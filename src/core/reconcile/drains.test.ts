// Nodes that are drained: what becomes of replicas of services, and of tasks that no service owns.

import { describe, expect, test } from "bun:test";
import type { NodeId } from "../../model/ids.ts";
import { hasFinished, type Task } from "../../model/task/task.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import { World } from "../test-world.ts";
import { Services } from "./service/test-services.ts";

const idOf = (world: World, hostname: string): NodeId => [...world.state.nodesNamed(hostname)][0]!;
const drain = (services: Services, hostname: string, deadlineMs = 600_000) =>
  services.do({ type: "drainNode", nodeId: idOf(services.world, hostname), deadlineMs, by: "test" });
const undrain = (services: Services, hostname: string) =>
  services.do({ type: "undrainNode", nodeId: idOf(services.world, hostname) });
const on = ({ world }: Services, hostname: string): Task[] =>
  [...world.state.placedOn(idOf(world, hostname))].map((id) => world.state.task(id));
const rounds = (services: Services, count: number, ms = 250) => {
  for (let round = 0; round < count; round++) services.round(ms);
};
const volume = { type: "volume", source: "data", target: "/data", readOnly: false, sizeBytes: null } as const;

describe("replicas of services", () => {
  test("start elsewhere first, are drained and then stopped; the floor holds all the time", () => {
    const services = new Services();
    services.put({ replicas: 6 });
    services.settle();
    expect(on(services, "n1").length).toBe(2);
    services.reset();
    drain(services, "n1");
    const seen = new Set<string>();
    for (let round = 0; round < 80; round++) {
      services.round(250);
      for (const task of on(services, "n1")) seen.add(`${task.desired}`);
    }
    expect([services.least, services.most]).toEqual([6, 7]);
    expect([...seen].sort()).toEqual(["draining", "running", "stopped"]);
    expect(on(services, "n1")).toEqual([]);
    expect(services.served.map((one) => one.split(" ")[0])).toEqual([
      "web.1",
      "web.2",
      "web.3",
      "web.4",
      "web.5",
      "web.6",
    ]);
  });

  test("say why they go", () => {
    const services = new Services();
    services.put({ replicas: 3 });
    services.settle();
    drain(services, "n1");
    const reasons = new Set<string>();
    for (let round = 0; round < 40; round++) {
      services.round(100);
      for (const { observed } of on(services, "n1")) reasons.add(observed.reason.message);
    }
    expect([...reasons].join("; ")).toContain("n1 is being drained: gets no new traffic; it is stopped in 1 s");
  });

  test("stay while no other node has free capacity, until the deadline; then they are stopped all the same", () => {
    const services = new Services(1);
    services.put({ replicas: 2 });
    services.settle();
    services.reset();
    drain(services, "n1", 60_000);
    rounds(services, 200);
    expect(services.least).toBe(2);
    expect(services.tasks.find(({ observed }) => observed.status === "pending")?.observed.reason.message).toContain(
      "1 is being drained",
    );
    rounds(services, 60);
    expect(services.serving).toEqual([]);
    expect(on(services, "n1")).toEqual([]);
    services.world.node("n2", { capacity: 100, cpu: 0, memory: 0, version: "1", instance: "p9" });
    services.settle();
    expect(services.served).toEqual(["web.1 app:1", "web.2 app:1"]);
  });

  test("with maxSurge 0, one goes before the next one starts", () => {
    const services = new Services();
    services.put({ replicas: 3, rollout: { maxSurge: 0, maxUnavailable: 1 } });
    services.settle();
    services.reset();
    drain(services, "n1");
    rounds(services, 80);
    expect([services.least, services.most]).toEqual([2, 3]);
    expect(on(services, "n1")).toEqual([]);
    expect(services.served.length).toBe(3);
  });

  test("of all nodes but one, with a rollout under way: both end as asked", () => {
    const services = new Services();
    services.put({ replicas: 5 });
    services.settle();
    services.reset();
    services.put({ image: "app:2" });
    drain(services, "n1");
    drain(services, "n2");
    services.settle();
    rounds(services, 80);
    expect(services.least).toBe(5);
    expect(services.served.every((one) => one.endsWith("app:2"))).toBe(true);
    expect([on(services, "n1"), on(services, "n2")]).toEqual([[], []]);
    expect(services.service).toMatchObject({ target: 2, stable: 2, rollout: null });
  });

  test("while canaries wait, a slot keeps its revision on the way to another node", () => {
    const services = new Services();
    services.put({ replicas: 3, rollout: { canary: 1 } });
    services.settle();
    services.put({ image: "app:2" });
    rounds(services, 60);
    expect(services.service.reason.code).toBe("canary");
    for (const hostname of ["n1", "n2"]) drain(services, hostname);
    rounds(services, 120);
    expect(services.served.filter((one) => one.endsWith("app:2")).length).toBe(1);
    expect(services.served.length).toBe(3);
    expect([on(services, "n1"), on(services, "n2")]).toEqual([[], []]);
  });

  test("with a volume stay until the deadline; the next one waits for the node that has the data", () => {
    const services = new Services(2);
    services.put({ replicas: 1, mounts: [volume] });
    services.settle();
    const [{ placement }] = services.serving as [Task];
    const { hostname } = services.world.state.node(placement!.nodeId);
    drain(services, hostname, 60_000);
    rounds(services, 100);
    expect(on(services, hostname).map(({ desired }) => desired)).toEqual(["running"]);
    rounds(services, 200);
    expect(on(services, hostname)).toEqual([]);
    expect(services.tasks.map(({ observed }) => observed.reason.message).join()).toContain("being drained");
    undrain(services, hostname);
    services.settle();
    expect(on(services, hostname).map(({ name }) => name)).toEqual(["web.1"]);
  });

  test("with a folder of the node stay until the deadline", () => {
    const services = new Services(2);
    services.put({ replicas: 2, mounts: [{ ...volume, type: "bind", source: "/srv" }] });
    services.settle();
    drain(services, "n1", 60_000);
    rounds(services, 100);
    expect(on(services, "n1").map(({ desired }) => desired)).toEqual(["running"]);
    rounds(services, 200);
    expect(on(services, "n1")).toEqual([]);
    expect(services.served.length).toBe(2);
  });

  test("stay where they are when the drain ends before another one serves", () => {
    const services = new Services();
    services.put({ replicas: 3 });
    services.settle();
    const before = services.serving.map(({ taskId }) => taskId);
    drain(services, "n1");
    services.world.now += 100;
    undrain(services, "n1");
    services.settle();
    expect(services.serving.map(({ taskId }) => taskId)).toEqual(before);
  });

  test("a second drain only changes the deadline", () => {
    const services = new Services();
    services.put({ replicas: 1 });
    services.settle();
    drain(services, "n3", 1_000);
    const { since } = services.world.state.node(idOf(services.world, "n3")).draining!;
    services.world.now += 500;
    drain(services, "n3", 5_000);
    expect(services.world.state.node(idOf(services.world, "n3")).draining).toEqual({
      since,
      deadlineAt: new Date(services.world.now + 5_000).toISOString(),
      by: "test",
    });
  });
});

describe("tasks that no service owns", () => {
  /** A world with two nodes; the tasks run on n1. */
  function worldWith(tasks: Record<string, object>) {
    const world = new World();
    const worker = { version: "1", capacity: 100 };
    const nodeId = world.node("n1", worker);
    for (const [name, more] of Object.entries(tasks)) {
      const { taskId } = world.task(name, more);
      world.do(world.report(taskId, { status: "running" }));
    }
    const other = world.node("n2", { ...worker, instance: "p2" });
    const named = (name: string) =>
      [...world.state.named(name)].map((id) => world.state.task(id)).sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
    const wake = (ms: number) => {
      world.now += ms;
      world.do({ type: "wake" });
    };
    const stopped = (name: string, status: "stopped" | "completed" = "stopped") =>
      world.do(world.report(named(name)[0]!.taskId, { status, exitCode: 0 }));
    const start = (deadlineMs = 60_000) => world.do({ type: "drainNode", nodeId, deadlineMs, by: "test" });
    return { world, nodeId, other, named, wake, stopped, start };
  }
  const policy = (mode: string) => ({
    restartPolicy: { mode, maxRestarts: null, backoffInitialMs: 1, backoffMaxMs: 1, resetAfterMs: 1 } as never,
  });

  test("restart always: is stopped at once, and another one starts elsewhere", () => {
    const { other, named, stopped, start } = worldWith({ web: policy("always") });
    start();
    expect(named("web").map(({ desired }) => desired)).toEqual(["stopped"]);
    expect(named("web")[0]!.observed.reason.message).toContain("n1 is being drained, and it is started elsewhere");
    stopped("web");
    const [old, next] = named("web");
    expect(next).toMatchObject({ replaces: old!.taskId, placement: { nodeId: other } });
  });

  test.each(["never", "on-failure"])("restart %s: may end by itself until the deadline", (mode) => {
    const { named, wake, start, stopped } = worldWith({ job: policy(mode) });
    start();
    wake(59_000);
    expect(named("job")[0]!.desired).toBe("running");
    wake(1_000);
    expect(named("job")[0]!.desired).toBe("stopped");
    stopped("job");
    expect(named("job").length).toBe(mode === "never" ? 1 : 2);
  });

  test("one that completes by itself after the stop was asked is not started again", () => {
    const { named, start, stopped } = worldWith({ job: policy("on-failure") });
    start(0);
    stopped("job", "completed");
    expect(named("job").length).toBe(1);
  });

  test("with data on the node: stays until the deadline, also with restart always", () => {
    const { named, wake, start } = worldWith({ db: { ...policy("always"), mounts: [volume] } });
    start();
    wake(59_000);
    expect(named("db")[0]!.desired).toBe("running");
    wake(1_000);
    expect(named("db")[0]!.desired).toBe("stopped");
  });

  test("a user who stops it while it leaves wants no other one", () => {
    const { world, named, start, stopped } = worldWith({ web: policy("always") });
    start();
    world.do({ type: "stopTask", taskId: named("web")[0]!.taskId });
    stopped("web");
    expect(named("web").length).toBe(1);
  });

  test("a node that is lost while its tasks leave: they are replaced", () => {
    const { world, nodeId, other, named, start } = worldWith({ web: policy("always") });
    start();
    world.do({ type: "loseNode", nodeId, silentMs: 5_000 });
    expect(named("web")[1]).toMatchObject({ placement: { nodeId: other } });
  });

  test("new ones are not placed there, and the explanation says so", () => {
    const { world, nodeId, other, start } = worldWith({});
    start();
    for (const name of ["a", "b", "c"]) expect(world.task(name).nodeId).toBe(other);
    world.do({ type: "drainNode", nodeId: other, deadlineMs: 1_000, by: "test" });
    expect(world.task("d").reason.message).toContain("2 are being drained");
    world.do({ type: "undrainNode", nodeId });
    expect(world.view([...world.state.named("d")][0]!).nodeId).toBe(nodeId);
  });

  test("undo, and a snapshot, give the same drain", () => {
    const { world, nodeId, wake, start } = worldWith({ job: policy("never") });
    const text = () => JSON.stringify([...writeSnapshot(world.state)]);
    const before = text();
    const tick = world.tick({ type: "drainNode", nodeId, deadlineMs: 60_000, by: "test" });
    tick.undo();
    expect(text()).toBe(before);
    expect(world.state.draining.size).toBe(0);
    start();
    const restored = Object.assign(new World(), {
      state: readSnapshot([...writeSnapshot(world.state)]),
      now: world.now,
    });
    expect([...restored.state.draining]).toEqual([nodeId]);
    expect(restored.do({ type: "wake" }).wakeAt).toBe(world.now + 60_000);
    wake(60_000);
    expect([...world.state.tasks.values()].filter((task) => !hasFinished(task)).map(({ desired }) => desired)).toEqual([
      "stopped",
    ]);
  });
});
