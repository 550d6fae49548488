// The limits of record kinds: each command that creates a record is refused when its kind is full.

import { expect, test } from "bun:test";
import type { Change } from "../../model/change.ts";
import { kinds } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { Services } from "../reconcile/service/test-services.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { World } from "../test-world.ts";
import { refuseBeyondLimit } from "./record-limits.ts";

const holding = (kind: "task" | "node", size: number) =>
  ({ tables: { [kind]: { size } } }) as unknown as Pick<ClusterState, "tables">;

test.each([
  ["task", "the cluster holds 500000 tasks, which is its limit", "Remove finished tasks: podling prune."],
  ["node", "the cluster has 20000 nodes, which is its limit", "Deregister nodes that are gone: podling node rm."],
] as const)("a full cluster takes no new %s", (kind, message, hint) => {
  const { limit, plural } = kinds[kind];
  const created = { type: `${kind}.created`, record: {} } as Change;
  const removed = { type: `${kind}.removed`, id: "x" } as Change;
  expect(refuseBeyondLimit(holding(kind, limit - 1), [created])).toBeNull();
  expect(refuseBeyondLimit(holding(kind, limit), [removed])).toBeNull();
  expect(refuseBeyondLimit(holding(kind, limit), [created])).toMatchObject({
    refusal: { code: "too-many", message, hint, details: { what: plural, count: limit } },
  });
  expect(refuseBeyondLimit(holding(kind, limit - 1), [created, created])).toMatchObject({
    refusal: { code: "too-many" },
  });
});

test("all services together have a limit of replicas", () => {
  const services = new Services();
  const { world } = services;
  services.put({ replicas: 1 });
  const { serviceId } = services.service;
  Object.defineProperty(world.state, "wantedReplicas", { value: limits.replicasInAll - 1 });
  const scale = (replicas: number) => world.refusal({ type: "scaleService", serviceId, replicas });
  const create = (replicas: number) => {
    const input = { name: `s${replicas}`, image: "app:1", replicas } as ParsedServiceInput;
    return world.refusal({ type: "putService", input, by: "test" });
  };
  expect([scale(3), scale(2), scale(0)]).toEqual(["too-many", "granted", "granted"]);
  expect([create(2), create(1)]).toEqual(["too-many", "granted"]);
});

test("the replicas that all services want are counted as they come, change and go", () => {
  const services = new Services();
  const { state } = services.world;
  services.put({ replicas: 3 });
  const { serviceId } = services.service;
  expect(state.wantedReplicas).toBe(3);
  services.do({ type: "scaleService", serviceId, replicas: 5 });
  expect(state.wantedReplicas).toBe(5);
  services.do({ type: "removeService", serviceId });
  expect(state.wantedReplicas).toBe(0);
});

test("a global service counts each node, in the limit of all replicas too", () => {
  const services = new Services(3);
  const { world } = services;
  const { state } = world;
  const global = (name: string) =>
    world.refusal({
      type: "putService",
      input: { name, image: "app:1", mode: "global" } as ParsedServiceInput,
      by: "test",
    });
  expect(global("agent")).toBe("granted");
  expect(state.wantedReplicas).toBe(3);
  world.node("n9");
  expect(state.wantedReplicas).toBe(4);
  services.do({ type: "removeService", serviceId: state.serviceNamed("agent")!.serviceId });
  expect(state.wantedReplicas).toBe(0);
  Object.defineProperty(state, "wantedReplicas", { value: limits.replicasInAll - 3 });
  expect(global("other")).toBe("too-many");
  expect(
    world.refusal({
      type: "putService",
      input: { name: "web", image: "app:1", replicas: 3 } as ParsedServiceInput,
      by: "test",
    }),
  ).toBe("granted");
});

test("the commands that create a task or a node are refused at the limit; a known node registers", () => {
  const world = new World();
  world.node("n1");
  world.task("web");
  const full = (kind: "task" | "node") =>
    Object.defineProperty(world.state.tables[kind], "size", { value: kinds[kind].limit });
  full("task");
  full("node");
  expect(world.refusal({ type: "createTask", input: { name: "api", image: "busybox" } })).toBe("too-many");
  expect(() => world.node("n2")).toThrow("the cluster has 20000 nodes, which is its limit");
  expect(() => world.node("n1")).not.toThrow();
});
