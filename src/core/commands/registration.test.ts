// Which node a registration gets: its own, that of an ended process, or a new one.

import { describe, expect, test } from "bun:test";
import type { NodeId } from "../../model/ids.ts";
import { specDefaults } from "../../model/task/spec.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import { World } from "../test-world.ts";
import type { HolderEvidence, NodeRegistrationFields } from "./command.ts";

const here = { address: "10.0.0.1", version: "1", instance: "placea.1" };
const there = { address: "10.0.0.2", version: "1", instance: "placeb.1" };

type More = Partial<NodeRegistrationFields>;

/** A cluster with a worker at `here`. */
class Claimed {
  readonly world = new World();
  readonly nodeId: NodeId;

  constructor(more: More = {}) {
    this.nodeId = this.world.node("n1", { ...here, ...more });
  }

  get node() {
    return this.world.state.node(this.nodeId);
  }

  /** A registration by another process; "taken", "new" or the code of the refusal. */
  claim(more: More, is: HolderEvidence["is"], about: Partial<HolderEvidence> = {}) {
    const { nodeId, world } = this;
    const registration = {
      ...{ hostname: "n1", port: 8081, capacity: 10, cpu: 4, memory: 0, labels: {}, engine: null, engineError: null },
      ...there,
      ...more,
    };
    const holder: HolderEvidence = { nodeId, instance: this.node.instance, is, ...about };
    const [outcome] = world.tick({ type: "registerNode", registration, holder }).outcomes;
    if (!outcome!.ok) return { result: outcome!.refusal.code, nodeId };
    return { result: outcome!.value.nodeId === nodeId ? "taken" : "new", nodeId: outcome!.value.nodeId! };
  }
}

describe("another process claims the node of a worker", () => {
  const byId = (nodeId: NodeId): More => ({ nodeId });
  const byName = (): More => ({});
  for (const [what, claims] of [
    ["by its id", byId],
    ["by host name and port", byName],
  ] as const) {
    const rows: [why: string, more: More, is: HolderEvidence["is"], result: string][] = [
      ["the worker is alive", {}, "alive", "new"],
      ["the worker may be alive", {}, "unknown", "node-alive"],
      ["the worker's connection has just broken", {}, "disconnected", "node-alive"],
      ["the worker is gone", {}, "gone", "taken"],
      ["it has the same data folder, so the worker has ended", { instance: "placea.2" }, "alive", "taken"],
      ["the same folder, at the same address", { ...here, instance: "placea.2" }, "unknown", "taken"],
      ["the same address, after a reboot", { ...here, instance: "rebooted.1" }, "disconnected", "taken"],
      [
        "the same address, and the worker may be alive: a gateway?",
        { ...here, instance: "other.1" },
        "unknown",
        "node-alive",
      ],
      ["two machines behind a gateway", { ...here, instance: "other.1" }, "alive", "new"],
      ["the same address, and nothing is known of the folder", { ...here, instance: ".2" }, "unknown", "taken"],
      ["a worker of 0.1.0 at the same address", { ...here, instance: null }, "unknown", "taken"],
      ["a worker of 0.1.0 elsewhere, and the worker is alive", { instance: null }, "alive", "new"],
      ["a worker of 0.1.0 elsewhere, and the worker may be alive", { instance: null }, "unknown", "node-alive"],
    ];
    test.each(rows)(`${what}: %s`, (_, more, is, result) => {
      const cluster = new Claimed();
      expect(cluster.claim({ ...claims(cluster.nodeId), ...more }, is).result).toBe(result);
    });
  }

  test("it becomes a node of its own, with a name and an id of its own, and keeps both", () => {
    const cluster = new Claimed();
    const { nodeId } = cluster.claim({ nodeId: cluster.nodeId }, "alive");
    expect(nodeId).not.toBe(cluster.nodeId);
    expect(cluster.world.state.node(nodeId)).toMatchObject({ hostname: "n1-2", askedHostname: "n1", ...there });
    expect(cluster.node).toMatchObject({ hostname: "n1", askedHostname: null, ...here });
    const third = cluster.claim({ address: "10.0.0.3", instance: "placec.1" }, "alive");
    expect(cluster.world.state.node(third.nodeId).hostname).toBe("n1-3");
    // A restart with its folder, and one without, at the same address.
    for (const more of [{ nodeId }, {}]) {
      expect(cluster.claim({ ...more, instance: "placeb.2" }, "alive").nodeId).toBe(nodeId);
      expect(cluster.world.state.node(nodeId).hostname).toBe("n1-2");
    }
  });

  test("what is known of an earlier process counts for nothing", () => {
    const cluster = new Claimed();
    for (const about of [{ instance: "placez.1" }, { nodeId: "20250101000000-aaaaaaaa" as NodeId }])
      for (const is of ["gone", "alive"] as const) expect(cluster.claim({}, is, about).result).toBe("node-alive");
  });

  test("of two that register at once the second waits, although nothing is known of the first", () => {
    const world = new World();
    const registration = {
      ...{ hostname: "n1", port: 8081, capacity: 10, cpu: 4, memory: 0, labels: {}, engine: null, engineError: null },
    };
    const [first, second] = world.tick(
      { type: "registerNode", registration: { ...registration, ...here } },
      { type: "registerNode", registration: { ...registration, ...there } },
    ).outcomes;
    expect(first!.ok).toBe(true);
    expect(second).toMatchObject({ ok: false, refusal: { code: "node-alive" } });
  });

  test("one that takes the node over from elsewhere does not get its tasks", () => {
    const cluster = new Claimed();
    const { world } = cluster;
    const policy = { restartPolicy: { ...specDefaults.restartPolicy, mode: "always" as const } };
    const before = [world.task("a", policy), world.task("b")];
    expect(cluster.claim({}, "gone").result).toBe("taken");
    for (const { taskId } of before)
      expect(world.view(taskId)).toMatchObject({ status: "failed", reason: { code: "node-lost" } });
    const { replacedBy } = world.view(before[0]!.taskId);
    expect(world.view(replacedBy!)).toMatchObject({ status: "scheduled", nodeId: cluster.nodeId });
  });

  test("a restart at the same place, or at the same address, keeps the tasks", () => {
    for (const more of [
      { ...here, instance: "placea.2" },
      { ...there, instance: "placea.2" },
      { ...here, instance: "x.1" },
    ]) {
      const cluster = new Claimed();
      const { taskId } = cluster.world.task("a");
      expect(cluster.claim(more, "gone").result).toBe("taken");
      expect(cluster.world.view(taskId)).toMatchObject({ status: "scheduled", nodeId: cluster.nodeId });
    }
  });

  test("a node that is registered by hand has no worker: a registration updates it, wherever it comes from", () => {
    const cluster = new Claimed({ version: "", instance: null });
    const { taskId } = cluster.world.task("a");
    expect(cluster.claim({ version: "", instance: null }, "gone").result).toBe("taken");
    expect(cluster.node.address).toBe(there.address);
    expect(cluster.world.view(taskId).status).toBe("scheduled");
  });
});

test.each([
  ["registered by hand", { version: "", instance: null }, "scheduled", "n1"],
  ["of a worker of 0.1.0", { version: "0.1.0", instance: null }, "failed", "n1-2"],
  ["of a process without a release", { version: "", instance: "placea.1" }, "failed", "n1-2"],
  ["of a newer worker", here, "failed", "n1-2"],
] as const)(
  "a node %s: its tasks when another machine takes it over, and its name beside a node n1",
  (_, kind, status, name) => {
    const cluster = new Claimed({ ...here, ...kind });
    const { world, nodeId } = cluster;
    const { taskId } = world.task("a");
    const second = world.node("n1", { ...kind, port: 9000, address: here.address });
    expect(world.state.node(second).hostname).toBe(name);
    expect(cluster.claim({}, "gone").result).toBe("taken");
    expect(world.view(taskId)).toMatchObject({ status, nodeId });
  },
);

describe("a node that is registered by hand", () => {
  test("gets tasks only if no node with a worker fits, and the reason says so; alone it gets them like other nodes", () => {
    const world = new World();
    const byHand = world.node("a-hand", { capacity: 3 });
    expect(world.task("alone")).toMatchObject({
      nodeId: byHand,
      reason: { message: "placed on a-hand, not started yet" },
    });
    const worker = world.node("b", { ...here, capacity: 2 });
    for (const name of ["first", "second"]) expect(world.task(name).nodeId).toBe(worker);
    expect(world.task("third")).toMatchObject({
      nodeId: byHand,
      reason: { message: "placed on a-hand, not started yet: a-hand has no worker, and no node with one fits" },
    });
    world.do({ type: "deregisterNode", nodeId: worker });
    expect(world.task("fourth")).toMatchObject({
      nodeId: byHand,
      reason: { message: "placed on a-hand, not started yet" },
    });
  });
});

describe("names", () => {
  test("a worker gets the first free number if another node has its name; other ports are other nodes", () => {
    const world = new World();
    const names = [8081, 8082, 8083].map((port) => {
      const nodeId = world.node("pi", { ...here, port, instance: `p${port}.1` });
      return world.state.node(nodeId).hostname;
    });
    expect(names).toEqual(["pi", "pi-2", "pi-3"]);
    const taken = world.node("pi-4", { ...here, port: 9000, instance: "p9.1" });
    const fifth = world.node("pi", { ...here, port: 8084, instance: "p8084.1" });
    expect([taken, fifth].map((nodeId) => world.state.node(nodeId).hostname)).toEqual(["pi-4", "pi-5"]);
  });

  test("a name becomes free when its node is removed; a worker that is renamed gets the name it asks for", () => {
    const world = new World();
    const first = world.node("pi", { ...here, instance: "a.1" });
    const second = world.node("pi", { ...here, port: 8082, instance: "b.1" });
    world.do({ type: "deregisterNode", nodeId: first });
    world.node("pi", { ...here, port: 8082, instance: "b.1", nodeId: second });
    expect(world.state.node(second)).toMatchObject({ hostname: "pi", askedHostname: null });
    world.node("web", { ...here, port: 8082, instance: "b.1", nodeId: second });
    expect(world.state.node(second)).toMatchObject({ hostname: "web", askedHostname: null });
    expect(world.state.nodesNamed("pi").size).toBe(0);
  });

  test("nodes that have one name since 0.1.0, and nodes registered by hand, keep their names", () => {
    const world = new World();
    const [left, right] = [world.node("pi"), world.node("pi", { port: 8082 })];
    expect(world.state.node(right)).toMatchObject({ hostname: "pi", askedHostname: null });
    world.node("pi", { port: 8082, version: "1", instance: "b.1", nodeId: right });
    expect([left, right].map((nodeId) => world.state.node(nodeId).hostname)).toEqual(["pi", "pi"]);
  });

  test("the process and the name asked for survive a snapshot", () => {
    const world = new World();
    world.node("pi", { ...here });
    const second = world.node("pi", { ...here, port: 8082, instance: "b.1" });
    const restored = readSnapshot([...writeSnapshot(world.state)]);
    expect(restored.node(second)).toEqual(world.state.node(second));
    expect([...restored.nodesNamed("pi")].sort()).toEqual([...world.state.nodesNamed("pi")].sort());
  });
});
