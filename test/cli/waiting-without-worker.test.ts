// Where the command line shows that a task waits on a node without a worker.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { limits } from "../../src/model/limits.ts";
import { TestClock } from "../master/in-process.ts";
import { Cluster, until } from "./harness.ts";

const clock = new TestClock();
let cluster: Cluster;
beforeAll(async () => {
  cluster = new Cluster(null, clock);
  await cluster.node("n1");
});
afterAll(() => cluster.stop());

test("run while it waits, ps, and explain: never started here, and what to type", async () => {
  const running = cluster.start("run web --image nginx");
  await until(() => running.err().includes("web: scheduled, placed on n1, not started yet"));
  await clock.advance(limits.neverStartedMs);
  const sentence = "placed on n1, never started here: n1 has no worker";
  await until(() => running.err().includes(`web: scheduled, ${sentence}`));
  const { out } = await cluster.podling("ps -o wide");
  expect(out).toContain(" scheduled (never-started) ");
  expect(out).toContain(`${sentence}; start one there, or remove the node: podling node rm -f n1`);
  expect((await cluster.podling("explain web")).out).toContain(sentence);
  expect(await cluster.podling("node rm -f n1")).toMatchObject({ code: 0 });
  expect((await running.ended).code).toBe(1);
});
