// Why a task is not on a node: filters with numbers, what would have to change, or the scores of both nodes.

import { expect, test } from "bun:test";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { World } from "../test-world.ts";
import { whyNot } from "./why-not.ts";

const worker = { version: "1", instance: "p" };
const GiB = 1024 ** 3;

function cluster(): {
  world: World;
  ids: Record<string, NodeId>;
  ask: (task: string, node: string) => ReturnType<typeof whyNot>;
} {
  const world = new World();
  const ids: Record<string, NodeId> = {};
  for (const name of ["n1", "n2", "n3"]) ids[name] = world.node(name, { ...worker, instance: name, memory: 2 * GiB });
  const ask = (task: string, node: string) => {
    const [taskId] = world.state.named(task);
    return whyNot(world.state, world.state.task(taskId as TaskId), world.state.node(ids[node]!));
  };
  world.do({ type: "startMaster", clusterId: "c", strategy: "spread" });
  return { world, ids, ask };
}

const memory = (request: number) => ({
  resources: { memory: { request, limit: null }, cpu: { request: 0, limit: null } },
});

test("a node that fails filters: each of them with numbers, and what would have to change", () => {
  const { world, ids, ask } = cluster();
  world.do({ type: "setSchedulable", nodeId: ids.n2!, schedulable: false });
  world.task("db", memory(3 * GiB));
  const answer = ask("db", "n2");
  expect(answer).toMatchObject({ fits: false, isThere: false, current: null, best: null });
  expect(answer.filters.map(({ filter }) => filter)).toEqual(["schedulable", "memory"]);
  expect(answer.sentence).toBe("db does not fit on n2: n2 is cordoned; needs 3 GiB, n2 has 2 GiB free of 2 GiB");
  expect(answer.change).toContain("no node has that much memory");
});

test("a running task: whether it would fit there now, and that it stays where it is", () => {
  const { ids, world, ask } = cluster();
  const web = world.task("web", memory(GiB));
  world.do(world.report(web.taskId, { status: "running" }));
  world.task("other");
  expect(ask("web", "n1")).toMatchObject({ isThere: true, fits: true, sentence: "web is on n1" });
  expect(ask("web", "n3").sentence).toBe(
    "web fits on n3, but n1 is as good and comes first by spread: n3 has 0 of 10 tasks, n1 0 of 10 tasks; it stays on n1, because a placed task never moves",
  );
  expect(ask("web", "n2").sentence).toContain("web fits on n2, but n1 is better by spread: n2 has 1 of 10 tasks");
  world.do({ type: "drainNode", nodeId: ids.n3!, deadlineMs: 1_000, by: "test" });
  expect(ask("web", "n3")).toMatchObject({ fits: false, change: expect.stringContaining("n3") });
});

test("its own capacity is no reason, and nothing is changed", () => {
  const { world, ask } = cluster();
  world.task("big", memory(2 * GiB));
  const before = world.state.schedule.usage(ask("big", "n1").node.nodeId as NodeId);
  expect(ask("big", "n1")).toMatchObject({ isThere: true, fits: true, change: null });
  expect(world.state.schedule.usage(ask("big", "n1").node.nodeId as NodeId)).toEqual(before);
});

test("a task that has ended", () => {
  const { world, ask } = cluster();
  const once = world.task("once");
  world.do(world.report(once.taskId, { status: "running" }));
  world.do(world.report(once.taskId, { status: "completed", exitCode: 0 }));
  expect(ask("once", "n2").sentence).toContain("it has ended, and is not placed again");
  expect(ask("once", "n1").isThere).toBe(false);
});
