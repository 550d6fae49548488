// Plans of commands: what they say, that they change nothing, and that what they say comes true.

import { describe, expect, test } from "bun:test";
import type { NodeId } from "../../../model/ids.ts";
import type { Plan, PlanUntil } from "../../../model/plan/plan.ts";
import type { Command, Submission } from "../../commands/command.ts";
import { Services } from "../../reconcile/service/test-services.ts";
import { writeSnapshot } from "../../state/snapshot.ts";
import { retention } from "../../test-world.ts";
import { countedIn, placementsOf } from "./outcome.ts";
import { planAtOnce, planCommands } from "./plan-commands.ts";

const worker = { capacity: 100, cpu: 0, memory: 0, version: "1" };
const asked = (command: Command): Submission => ({ command, origin: { kind: "user", name: "test" } });
const textOf = ({ world }: Services) => JSON.stringify([...writeSnapshot(world.state)]);
const idOf = ({ world }: Services, hostname: string): NodeId => [...world.state.nodesNamed(hostname)][0]!;

function running(replicas: number, more: object = {}, nodes = 3): Services {
  const services = new Services(nodes);
  services.put({ replicas, ...more });
  services.settle();
  return services;
}

function planOf({ world }: Services, command: Command, until: PlanUntil = "settled"): Plan {
  const planned = planAtOnce(world.state, [asked(command)], { now: world.now, seed: 5, retention }, { until });
  if (!planned.ok) throw new Error(planned.refusal.message);
  return planned.value;
}

const put = (input: object): Command => ({
  type: "putService",
  input: { name: "web", image: "app:1", ...input } as never,
  by: "test",
});
const scale = (services: Services, replicas: number): Command => ({
  type: "scaleService",
  serviceId: services.service.serviceId,
  replicas,
});
const warned = ({ warnings }: Plan) => warnings.join("\n");

describe("a plan", () => {
  test("of a new service says where its replicas run and how long it takes", () => {
    const services = new Services(3);
    const plan = planOf(services, put({ replicas: 2 }));
    expect(plan.services).toMatchObject([
      { name: "web", action: "create", replicas: { before: 0, after: 2 }, starts: 2, stops: 0, end: "serves" },
    ]);
    expect(plan.nodes).toEqual([
      { hostname: "n1", add: ["web.1"], remove: [], replace: [] },
      { hostname: "n2", add: ["web.2"], remove: [], replace: [] },
    ]);
    // Assumed: 1 s to start and 5 s to pull; then the time of watching, 5 s.
    expect(plan.estimatedMs).toBe(11_000);
    expect(plan).toMatchObject({ hasChanges: true, isComplete: true, warnings: [] });
  });

  test("changes nothing, and is the same again, in slices too", () => {
    const services = running(3);
    const before = textOf(services);
    const first = planOf(services, put({ replicas: 3, image: "app:2" }));
    expect(textOf(services)).toBe(before);
    const { state, now } = services.world;
    const context = { now, seed: 5, retention };
    const slices = planCommands(state, [asked(put({ replicas: 3, image: "app:2" }))], context, { until: "settled" });
    let count = 0;
    for (let slice = slices.next(); ; slice = slices.next()) {
      if (slice.done) {
        expect(slice.value).toEqual({ ok: true, value: first });
        break;
      }
      // Nothing that happens in between is in the plan.
      if (count++ === 3) services.do(scale(services, 7));
    }
    expect(count).toBeGreaterThan(10);
  });

  test("of an unchanged service says so", () => {
    const services = running(2);
    const plan = planOf(services, put({}));
    expect(plan).toMatchObject({ hasChanges: false, nodes: [], steps: [], estimatedMs: 0 });
    expect(plan.services).toMatchObject([{ name: "web", action: "unchanged", starts: 0, end: "serves" }]);
    expect(plan.outcome.records).toEqual([]);
  });

  test("of a rollout has its order, its steps and its time", () => {
    const services = running(3);
    const plan = planOf(services, put({ image: "app:2" }));
    expect(plan.services).toMatchObject([
      { action: "update", order: "start-first", starts: 3, stops: 3, end: "serves", downMs: 0 },
    ]);
    expect(plan.services[0]!.changes).toEqual(["image: app:1 -> app:2"]);
    expect(plan.steps.map(({ text }) => text)).toContain("web.1 on n1 is drained");
    expect(plan.steps.at(-1)!.text).toBe("web: revision 2 serves");
    expect(plan.estimatedMs).toBeGreaterThan(10_000);
  });

  test("uses the times that the cluster has seen", () => {
    const services = running(3, { rollout: { minReadyMs: 0, monitorMs: 0, drainMs: 0 } });
    const slow = planOf(services, scale(services, 4));
    // Each round of the world takes 100 ms, and a task has started by then.
    expect(slow.estimatedMs).toBeLessThan(1_000);
    expect(planOf(services, put({ name: "other", image: "new:1" })).estimatedMs).toBeGreaterThan(5_000);
  });

  test("with a fixed port stops first, and says for how long a single replica is away", () => {
    const ports = [{ name: "http", hostPort: 8080, containerPort: 80, protocol: "tcp", hostIp: "0.0.0.0" }];
    const services = running(1, { ports });
    const plan = planOf(services, put({ ports, image: "app:2" }));
    expect(plan.services[0]).toMatchObject({ order: "stop-first", starts: 1, stops: 1, end: "serves" });
    expect(plan.services[0]!.downMs).toBeGreaterThan(0);
    expect(warned(plan)).toMatch(/web has one replica, and none of them serves for about [\d.]+ s meanwhile/);
    expect(warned(plan)).toContain("web is replaced stop-first: two replicas cannot have port 8080 of one node");
  });

  test("says what will wait and why, and does not wait for it", () => {
    const services = running(2, {}, 1);
    services.do({ type: "setSchedulable", nodeId: idOf(services, "n1"), schedulable: false });
    const plan = planOf(services, scale(services, 4));
    expect(plan.services[0]).toMatchObject({ action: "update", starts: 0, end: "waits" });
    expect(warned(plan)).toBe("web.3 and 1 more wait: 0 of 1 node fits: 1 is cordoned; to change that: uncordon n1");
    expect(plan.isComplete).toBe(true);
    const rollout = planOf(services, put({ image: "app:2" }));
    expect(rollout).toMatchObject({ isComplete: false, estimatedMs: null });
    expect(warned(rollout)).toContain("at its deadline a rollout goes back");
  });

  test("stops at canaries", () => {
    const services = running(3, { rollout: { canary: 1 } });
    const plan = planOf(services, put({ image: "app:2" }));
    expect(plan.services[0]).toMatchObject({ end: "canary", starts: 1 });
    expect(warned(plan)).toContain("podling service promote web goes on");
  });

  test("of a drain says what moves where, and of a removed node what ends", () => {
    const services = running(3);
    const loose = services.world.task("loose", { constraints: [{ type: "node", operator: "equals", value: "n1" }] });
    services.do(services.world.report(loose.taskId, { status: "running" }));
    const drain: Command = { type: "drainNode", nodeId: idOf(services, "n1"), deadlineMs: 60_000, by: "test" };
    const plan = planOf(services, drain);
    expect(plan.services).toMatchObject([{ name: "web", action: "replace", starts: 1, stops: 1, end: "serves" }]);
    expect(plan.nodes.find(({ hostname }) => hostname === "n1")).toMatchObject({ remove: ["loose", "web.1"] });
    expect(warned(plan)).toContain("loose ends, and nothing starts it again");
    expect(plan.others).toMatchObject([{ kind: "node", name: "n1", change: "update" }]);
    const removed = planOf(services, { type: "deregisterNode", nodeId: idOf(services, "n1") });
    expect(removed.nodes.find(({ hostname }) => hostname === "n1")).toMatchObject({ remove: ["loose", "web.1"] });
    expect(removed.services).toMatchObject([{ action: "replace", starts: 1, end: "serves" }]);
  });

  test("of a removal and of a rollback", () => {
    const services = running(2);
    services.put({ image: "app:2" });
    services.settle();
    const { serviceId } = services.service;
    const removed = planOf(services, { type: "removeService", serviceId });
    expect(removed.services).toMatchObject([{ action: "remove", stops: 2, starts: 0, end: "removed" }]);
    expect(removed.nodes.flatMap(({ remove }) => remove).sort()).toEqual(["web.1", "web.2"]);
    const back = planOf(services, { type: "rollbackService", serviceId });
    expect(back.services[0]!.changes).toEqual(["image: app:2 -> app:1"]);
    expect(back.services[0]).toMatchObject({ action: "update", starts: 2, stops: 2, end: "serves" });
  });

  test("of a drain while replicas of a removed service are still stopping", () => {
    const services = running(2);
    services.do({ type: "removeService", serviceId: services.service.serviceId });
    const plan = planOf(services, { type: "drainNode", nodeId: idOf(services, "n1"), deadlineMs: 1_000, by: "test" });
    expect(plan.services).toEqual([]);
  });

  test("of a refused command is its refusal", () => {
    const services = running(2);
    const command: Command = { type: "rollbackService", serviceId: services.service.serviceId, to: 9 };
    const { state, now } = services.world;
    const planned = planAtOnce(state, [asked(command)], { now, seed: 5, retention }, { until: "settled" });
    expect(planned).toMatchObject({ ok: false, refusal: { code: "unprocessable" } });
  });

  test("knows nothing of schedules that are due meanwhile", () => {
    const services = running(1);
    const input = { name: "often", image: "job:1", cron: "* * * * * *" } as never;
    services.do({ type: "putSchedule", input, by: "test" });
    const plan = planOf(services, scale(services, 2));
    expect(plan.nodes.flatMap(({ add }) => add)).toEqual(["web.2"]);
    expect(plan.steps.map(({ text }) => text)).toEqual(["web.2 is started on n2", "web.2 on n2 serves"]);
  });

  test("ends when it is asked to", () => {
    const services = running(3);
    const { state, now } = services.world;
    const context = { now, seed: 5, retention };
    const slices = planCommands(state, [asked(put({ image: "app:2" }))], context, { until: "settled" });
    let slice = slices.next();
    while (!slice.done) slice = slices.next(true);
    expect(slice.value).toMatchObject({ ok: true, value: { isComplete: false, estimatedMs: null } });
  });

  test("of one with health checks waits for them", () => {
    const services = new Services(0);
    services.world.node("n1", { ...worker, instance: "p1", features: ["probes", "readinessProbe"] });
    const probe = { readinessProbe: { tcp: { port: 80 }, initialDelayMs: 20_000 } };
    const quick = planOf(services, put({})).estimatedMs!;
    expect(planOf(services, put(probe)).estimatedMs).toBe(quick + 20_000);
  });
});

describe("what a plan says comes true", () => {
  const cases: [name: string, (services: Services) => Command][] = [
    ["a larger number", (services) => scale(services, 9)],
    ["a smaller number", (services) => scale(services, 2)],
    ["another image", () => put({ image: "app:2" })],
    ["a new service", () => put({ name: "other", replicas: 5 })],
    ["a drain", (services) => ({ type: "drainNode", nodeId: idOf(services, "n2"), deadlineMs: 1_000, by: "test" })],
    ["a lost node", (services) => ({ type: "loseNode", nodeId: idOf(services, "n1"), silentMs: 1 })],
    ["a removed node", (services) => ({ type: "deregisterNode", nodeId: idOf(services, "n3") })],
  ];
  test.each(cases)("%s: the placements are those of the plan", (_, commandOf) => {
    const services = running(6);
    services.world.node("n4", { ...worker, instance: "p4" });
    const command = commandOf(services);
    const { outcome } = planOf(services, command, "placed");
    const { state } = services.world;
    const tick = services.world.tick(command);
    expect(placementsOf(state, tick.deltas, countedIn(outcome))).toEqual([...outcome.placements!]);
  });
});
