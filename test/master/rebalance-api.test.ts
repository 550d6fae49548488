// Rebalancing over the API, on a master in this process: one move at a time.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { RebalanceAnswer } from "../../src/api/views/rebalance-answer.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import { input, reaches, services, tasksOf, work } from "./service-worker.ts";

let podling: TestMaster;
beforeAll(async () => {
  podling = new TestMaster();
  await podling.register("n1", { capacity: 100, version: "1" });
  await podling.do("POST", services, input("web", { replicas: 4 }));
  await reaches(podling, "web");
  await podling.register("n2", { capacity: 100, version: "1" });
});
afterAll(() => podling.stop());

const ask = (query = "") => podling.do<RebalanceAnswer>("POST", `/api/v1/rebalance${query}`);

test("a dry run shows the moves, and starts none", async () => {
  const answer = await ask("?dryRun=true");
  expect(answer).toMatchObject({ started: null, underWay: [], kept: [] });
  expect(answer.moves.map(({ from, to }) => [from.hostname, to.hostname])).toEqual([
    ["n1", "n2"],
    ["n1", "n2"],
  ]);
  expect((await tasksOf(podling, "web")).length).toBe(4);
});

test("one move is started, another one only when it is done; then the cluster is balanced", async () => {
  const [first, ...others] = await Promise.all([ask(), ask(), ask("?dryRun=true"), ask()]);
  expect(first.started).toEqual(first.moves[0]!);
  for (const again of [...others, await ask()])
    expect(again).toMatchObject({
      started: null,
      underWay: [{ taskId: first.started!.taskId, to: { hostname: "n2" } }],
    });
  await work(podling, "web");
  await reaches(podling, "web");
  const second = await ask();
  expect(second.started).not.toBeNull();
  expect(second.started!.taskId).not.toBe(first.started!.taskId);
  await reaches(podling, "web");
  expect(await ask()).toEqual({ moves: [], started: null, underWay: [], kept: [] });
  const nodes = (await tasksOf(podling, "web")).map(({ nodeId }) => nodeId);
  expect(new Set(nodes).size).toBe(2);
});

test.each(["?dryRun=maybe", "?all=true"])("%s is refused", async (query) => {
  expectRefusal(
    await podling.ask("POST", `/api/v1/rebalance${query}`),
    400,
    query.includes("all") ? "unknown-field" : "invalid-field",
  );
});
