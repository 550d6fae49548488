// Moves that a rebalance plans, and how they go when they are made; forks and trials that leave the state as it was.

import { describe, expect, test } from "bun:test";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { Services } from "../reconcile/service/test-services.ts";
import { writeSnapshot } from "../state/snapshot.ts";
import { retention } from "../test-world.ts";
import { fork } from "./fork.ts";
import { planRebalance } from "./rebalance.ts";
import { trial } from "./trial.ts";

const worker = { capacity: 100, cpu: 0, memory: 0, version: "1" };
const volume = { type: "volume", source: "data", target: "/data", readOnly: false, sizeBytes: null } as const;
const textOf = (services: Services) => JSON.stringify([...writeSnapshot(services.world.state)]);

/** One node with these replicas of `web`, and then two empty ones. */
function crowded(replicas: number, more: object = {}): Services {
  const services = new Services(1);
  services.put({ replicas, ...more });
  services.settle();
  for (const hostname of ["n2", "n3"]) services.world.node(hostname, { ...worker, instance: `p-${hostname}` });
  return services;
}

const idOf = ({ world }: Services, hostname: string): NodeId => [...world.state.nodesNamed(hostname)][0]!;
const counts = (services: Services) =>
  ["n1", "n2", "n3"].map((hostname) => services.world.state.placedOn(idOf(services, hostname)).size);
const move = (services: Services, taskId: TaskId, hostname: string) =>
  services.do({ type: "moveTask", taskId, to: idOf(services, hostname) });
const plan = (services: Services, data = false) => {
  const { moves, kept } = planRebalance(services.world.state, data);
  const nameOf = (nodeId: NodeId) => services.world.state.node(nodeId).hostname;
  return { moves: moves.map(({ name, from, to }) => `${name} ${nameOf(from)} ${nameOf(to)}`), kept };
};

describe("the plan", () => {
  test("takes replicas from a full node until none of them lies better elsewhere, with numbers", () => {
    const services = crowded(6);
    expect(plan(services).moves.map((one) => one.split(" ").slice(1).join(" "))).toEqual([
      "n1 n2",
      "n1 n3",
      "n1 n2",
      "n1 n3",
    ]);
    expect(planRebalance(services.world.state).moves[0]!.why).toBe("n1 has 6 of 100 tasks, n2 has 0 of 100 tasks");
  });

  test("changes nothing, and gives the same again", () => {
    const services = crowded(5);
    const before = textOf(services);
    const first = planRebalance(services.world.state);
    expect(textOf(services)).toBe(before);
    expect(planRebalance(services.world.state)).toEqual(first);
  });

  test("of balanced nodes is empty", () => {
    const services = new Services(3);
    services.put({ replicas: 7 });
    services.settle();
    expect(plan(services)).toEqual({ moves: [], kept: [] });
  });

  test("leaves replicas with data where they are, unless asked", () => {
    const bind = { ...volume, type: "bind", source: "/srv" } as const;
    const services = crowded(4, { mounts: [bind] });
    expect(plan(services).moves).toEqual([]);
    expect(plan(services).kept).toContain("web.4 (folder /srv)");
    expect(plan(services, true).moves.length).toBeGreaterThan(0);
  });

  test("leaves nodes that are drained or cordoned, services in a rollout, and tasks without a service alone", () => {
    const services = crowded(6);
    const { serviceId } = services.service;
    services.do({ type: "drainNode", nodeId: idOf(services, "n2"), deadlineMs: 1_000, by: "test" });
    services.do({ type: "setSchedulable", nodeId: idOf(services, "n3"), schedulable: false });
    expect(plan(services).moves).toEqual([]);
    services.do({ type: "setSchedulable", nodeId: idOf(services, "n3"), schedulable: true });
    expect(plan(services).moves.length).toBeGreaterThan(0);
    services.do({ type: "pauseService", serviceId, paused: true });
    expect(plan(services).moves).toEqual([]);
    const plainTasks = new Services(1);
    for (const name of ["a", "b", "c"]) plainTasks.world.task(name);
    plainTasks.world.node("n2", { ...worker, instance: "p2" });
    expect(planRebalance(plainTasks.world.state).moves).toEqual([]);
  });
});

describe("a move", () => {
  test("starts the replica on the node that was chosen, and ends the old one when the new one serves", () => {
    const services = crowded(3);
    services.reset();
    const { taskId, name } = planRebalance(services.world.state).moves[0]!;
    move(services, taskId, "n3");
    services.settle();
    for (let round = 0; round < 40; round++) services.round(250);
    expect([services.least, services.most]).toEqual([3, 4]);
    expect(counts(services)).toEqual([2, 0, 1]);
    const [moved] = [...services.world.state.placedOn(idOf(services, "n3"))];
    expect(services.world.state.task(moved!).name).toBe(name);
  });

  test("one after the other, all moves of the plan make the nodes even, and the floor holds", () => {
    const services = crowded(7);
    services.reset();
    for (let step = 0; step < 20; step++) {
      const [next] = planRebalance(services.world.state).moves;
      if (!next) break;
      services.do({ type: "moveTask", taskId: next.taskId, to: next.to });
      for (let round = 0; round < 20; round++) services.round(250);
    }
    expect(counts(services).sort()).toEqual([2, 2, 3]);
    expect([services.least, services.most]).toEqual([7, 8]);
  });

  test("to a node without free capacity is given up, and the replica stays", () => {
    const services = crowded(3);
    const { taskId } = planRebalance(services.world.state).moves[0]!;
    services.do({ type: "setSchedulable", nodeId: idOf(services, "n2"), schedulable: false });
    move(services, taskId, "n2");
    services.settle();
    expect(counts(services)).toEqual([3, 0, 0]);
    expect(services.world.state.task(taskId).requests?.moveTo).toBeUndefined();
  });

  test("of what is no replica that serves, or to its own node, is refused", () => {
    const services = crowded(2);
    const { taskId } = services.serving[0]!;
    const to = idOf(services, "n2");
    const { world } = services;
    expect(world.refusal({ type: "moveTask", taskId, to: idOf(services, "n1") })).toBe("unprocessable");
    expect(world.refusal({ type: "moveTask", taskId: world.task("plain").taskId, to })).toBe("unprocessable");
    expect(world.refusal({ type: "moveTask", taskId, to: "nowhere" as NodeId })).toBe("node-not-found");
  });
});

describe("what-if", () => {
  test("a fork has the same records, makes the same decisions, and goes its own way", () => {
    const services = crowded(4);
    const { state, now } = services.world;
    const copy = fork(state);
    expect(JSON.stringify([...writeSnapshot(copy)])).toBe(textOf(services));
    const before = textOf(services);
    const lost = { type: "loseNode", nodeId: idOf(services, "n1"), silentMs: 0 } as const;
    const submission = { command: lost, origin: { kind: "user", name: "test" } as const };
    const context = { now, seed: 5, retention };
    const onCopy = trial(copy, [submission], context, ({ changes }) => changes);
    const onState = trial(state, [submission], context, ({ changes }) => changes);
    expect(onCopy).toEqual(onState);
    expect(onState.filter(({ type }) => type === "task.created").length).toBe(4);
    expect(textOf(services)).toBe(before);
  });

  test("a trial is undone also if looking at it fails", () => {
    const services = crowded(2);
    const before = textOf(services);
    const command = { type: "scaleService", serviceId: services.service.serviceId, replicas: 5 } as const;
    const submission = { command, origin: { kind: "user", name: "test" } as const };
    const look = () => {
      throw new Error("seen enough");
    };
    expect(() =>
      trial(services.world.state, [submission], { now: services.world.now, seed: 1, retention }, look),
    ).toThrow("seen enough");
    expect(textOf(services)).toBe(before);
  });
});
