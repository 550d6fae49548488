// kill -9 of a real master while clients write, dozens of times on one data folder, at instants drawn from a seed: every
// acknowledged write survives, and every record is complete.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { drawSeed, randomInteger, seededRandom, systemRandom } from "../../src/lib/random.ts";
import type { Node } from "../../src/model/node/node.ts";
import { Cluster, type MasterProcess } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { allTasks, Clients } from "./clients.ts";

const rounds = 30;
const clientCount = 16;
const longestLifeMs = 400;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.alone();
});
afterAll(() => cluster?.down());

const register = (master: MasterProcess) =>
  master.json<Node>("POST", "/api/v1/nodes/register", { hostname: "by-hand", port: 1, capacity: 10_000 });

test(`${rounds} kills of a master that ${clientCount} clients keep busy lose nothing`, async () => {
  const seed = Number(process.env.PODLING_TEST_SEED ?? drawSeed(systemRandom));
  const random = seededRandom(seed);
  const master = cluster.master({ args: ["--retention-count", "500000"] });
  const clients = new Clients(master, () => random.next());
  let nodeId = "";
  let newest = "";
  try {
    for (let round = 0; round < rounds; round++) {
      await master.start();
      await clients.check();
      const node = await register(master);
      expect(nodeId === "" || node.nodeId === nodeId).toBe(true);
      nodeId = node.nodeId;
      const { acknowledged } = clients;
      const working = clients.work(clientCount);
      // Every second kill comes after some writes, on a slow machine too; the others at any instant.
      if (round % 2 === 0) await until("some work", () => clients.acknowledged >= acknowledged + 40, 60_000);
      const { promise: struck, resolve: strike } = Promise.withResolvers<void>();
      setTimeout(strike, randomInteger(random, longestLifeMs));
      await struck;
      await master.kill();
      await working;
    }
    await master.start();
    await clients.check();
    const tasks = await allTasks(master);
    newest = tasks.at(-1)!.taskId;
    const next = await master.json<TaskView>("POST", "/api/v1/tasks", { name: "after", image: "nginx" });
    expect(next.taskId > newest).toBe(true);
  } catch (error) {
    process.stderr.write(`PODLING_TEST_SEED=${seed} draws the same instants\n`);
    throw error;
  }
  expect(clients.acknowledged).toBeGreaterThanOrEqual((rounds / 2) * 40);
  expect(clients.known.size).toBeGreaterThan(rounds);
  expect(clients.deleted.size).toBeGreaterThan(0);
  expect(statSync(join(master.dataDir, "journal.db")).size).toBeLessThan(256 * 1024 * 1024);
  process.stderr.write(`${clients.acknowledged} writes were acknowledged over ${rounds} lives\n`);
  await master.kill();
}, 180_000);

test("SIGTERM answers the requests that have arrived, and the next start continues", async () => {
  const master = await cluster.master().start();
  await register(master);
  const random = seededRandom(11);
  const clients = new Clients(master, () => random.next());
  const working = clients.work(clientCount).catch((error: Error) => {
    if (!error.message.includes("503")) throw error;
  });
  await until("some work", () => clients.acknowledged > 200);
  expect(await master.stop()).toBe(0);
  await working;
  await master.start();
  await clients.check();
}, 60_000);
