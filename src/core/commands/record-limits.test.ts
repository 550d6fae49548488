// The limits of record kinds: each command that creates a record is refused when its kind is full.

import { expect, test } from "bun:test";
import type { Change } from "../../model/change.ts";
import { kinds } from "../../model/kinds/kinds.ts";
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
