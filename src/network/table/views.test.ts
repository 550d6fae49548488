// The rules and names of a node from a table: who gets traffic, who is in which network, and that a small change stays small.

import { describe, expect, test } from "bun:test";
import { type Random, randomInteger, randomItem, seededRandom } from "../../lib/random.ts";
import { NameIndex } from "../dns/name-table.ts";
import { changeOf, loadOf } from "../traffic/ruleset.ts";
import type { NetworkTable, TableService, TableTask } from "./network-table.ts";
import { namesOf, type OwnNode, peersOf, trafficOf } from "./views.ts";

const own: OwnNode = {
  nodeId: "n1",
  bridge: {
    name: "podling",
    subnet: "10.210.1.0/24",
    gateway: "10.210.1.1",
    hardwareAddress: "02:50:0a:d2:01:01",
  },
  peerInterfaces: ["eth0"],
};

const service = (serviceId: string, app: string, name: string, more: Partial<TableService> = {}): TableService => ({
  ...{ serviceId, app, name, aliases: [], vip: null, balance: "connection", ports: [], published: [] },
  ...more,
});

const task = (taskId: string, nodeId: string, address: string, more: Partial<TableTask> = {}): TableTask => ({
  ...{ taskId, nodeId, address, apps: ["shop"], serviceId: "s1", state: "ready" },
  ...more,
});

const table: NetworkTable = {
  revision: 5,
  ranges: { tasks: "10.210.0.0/16", services: "10.211.0.0/16" },
  nodes: [
    { nodeId: "n1", subnet: "10.210.1.0/24", address: "10.0.0.1" },
    { nodeId: "n2", subnet: "10.210.2.0/24", address: "10.0.0.2" },
  ],
  services: [
    service("s1", "shop", "web", {
      vip: "10.211.0.1",
      published: [{ protocol: "tcp", port: 80, targetPort: 8080, localFirst: true }],
    }),
    service("s2", "blog", "web", {
      vip: "10.211.0.2",
      published: [{ protocol: "tcp", port: 80, targetPort: 81, localFirst: false }],
    }),
    service("s3", "shop", "waits"),
  ],
  tasks: [
    task("t1", "n1", "10.210.1.2"),
    task("t2", "n2", "10.210.2.2", { state: "draining" }),
    task("t3", "n1", "10.210.1.3", { state: "starting" }),
    task("t4", "n2", "10.210.2.3", { serviceId: "s2", apps: ["blog", "shop"] }),
    task("t5", "n1", "10.210.1.4", { serviceId: null, apps: [] }),
  ],
};

describe("traffic", () => {
  const plan = trafficOf(table, own, null);

  test("ready and draining tasks are endpoints; a service without an address has no rules", () => {
    expect(plan.services.map(({ serviceId, endpoints }) => [serviceId, endpoints])).toEqual([
      [
        "s1",
        [
          { address: "10.210.1.2", draining: false },
          { address: "10.210.2.2", draining: true },
        ],
      ],
      ["s2", [{ address: "10.210.2.3", draining: false }]],
    ]);
    expect(plan.published.map(({ targetPort }) => targetPort)).toEqual([8080]);
  });

  test("tasks are in their networks from their start, also those of other nodes", () => {
    expect(plan.networks).toEqual([
      { networkId: "shop", addresses: ["10.210.1.2", "10.210.1.3", "10.210.2.2", "10.210.2.3"] },
      { networkId: "blog", addresses: ["10.210.2.3"] },
    ]);
    expect(plan.localTasks.map(({ address }) => address)).toEqual(["10.210.1.2", "10.210.1.3", "10.210.1.4"]);
  });

  test("what has not changed is the same object, so that the change of the rules is small", () => {
    expect(trafficOf(structuredClone(table), own, plan)).toEqual(plan);
    const again = trafficOf(structuredClone(table), own, plan);
    for (const field of ["services", "published", "networks", "localTasks"] as const)
      expect(again[field]).toBe(plan[field]);
    const drains = table.tasks.map((one) => (one.taskId === "t4" ? { ...one, state: "draining" as const } : one));
    const next = trafficOf({ ...table, tasks: drains }, own, plan);
    expect([next.services[0], next.networks]).toEqual([plan.services[0]!, plan.networks]);
    expect(next.services[0]).toBe(plan.services[0]!);
    expect(changeOf(plan, next)).toBe("flush chain ip podling service-s2\n");
  });

  test("random tables: a view after a change has the rules of a view from nothing", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      let now = table;
      let view = trafficOf(now, own, null);
      for (let step = 0; step < 10; step++) {
        now = changed(now, random);
        view = trafficOf(now, own, view);
        expect(loadOf(view)).toBe(loadOf(trafficOf(now, own, null)));
      }
    }
  });
});

describe("names", () => {
  test("lead to ready tasks, by the app of the client; clients are the tasks of the node", () => {
    const index = new NameIndex(namesOf(table, "n1"));
    expect(index.table.clients).toEqual({ "10.210.1.2": ["shop"], "10.210.1.3": ["shop"], "10.210.1.4": [] });
    expect(index.look("web", "10.210.1.2")).toMatchObject({ kind: "service", service: { vip: "10.211.0.1" } });
    expect(index.look("tasks.web.shop", "10.210.1.4")).toMatchObject({ service: { endpoints: ["10.210.1.2"] } });
    expect(index.look("web", "10.210.1.4")).toEqual({ kind: "foreign" });
    const far = new NameIndex(namesOf(table, "n2"));
    expect(far.look("web", "10.210.2.3")).toMatchObject({ kind: "service", service: { vip: "10.211.0.2" } });
  });

  test("a name never leads to a task of another service", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const now = changed(changed(table, seededRandom(seed)), seededRandom(seed + 100));
      for (const { app, name, endpoints } of namesOf(now, "n1").services) {
        const { serviceId } = now.services.find((one) => one.app === app && one.name === name)!;
        for (const address of endpoints)
          expect(now.tasks.find((one) => one.address === address)).toMatchObject({ serviceId, state: "ready" });
      }
    }
  });
});

test("the peers of a node are the other nodes", () => {
  expect(peersOf(table, "n1")).toEqual([{ subnet: "10.210.2.0/24", address: "10.0.0.2" }]);
});

/** The table with one task or service more, less or changed. */
function changed(before: NetworkTable, random: Random): NetworkTable {
  const number = randomInteger(random, 30);
  const address = `10.210.${1 + randomInteger(random, 2)}.${10 + number}`;
  const draw = random.next();
  if (draw < 0.2) {
    const serviceId = `s${1 + randomInteger(random, 3)}`;
    const vip = random.next() < 0.3 ? null : `10.211.1.${serviceId.slice(1)}`;
    const balance = randomItem(random, ["connection", "client"] as const);
    const services = before.services.map((one) => (one.serviceId === serviceId ? { ...one, vip, balance } : one));
    return { ...before, services, revision: before.revision + 1 };
  }
  const rest = before.tasks.filter((one) => one.address !== address && (draw < 0.8 || random.next() < 0.7));
  const one = task(`x${number}`, address.startsWith("10.210.1.") ? "n1" : "n2", address, {
    serviceId: randomItem(random, ["s1", "s2", "s3", null]),
    apps: ["shop", "blog"].filter(() => random.next() < 0.6),
    state: randomItem(random, ["starting", "ready", "draining"] as const),
  });
  return { ...before, tasks: [...rest, one], revision: before.revision + 1 };
}
