// Disks that fill under load: the master's, a worker's, an engine's. No acknowledged write is lost, refused writes have no
// effect, running tasks keep running, and everything recovers without help when there is space again.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { drawSeed, seededRandom, systemRandom } from "../../src/lib/random.ts";
import type { Node } from "../../src/model/node/node.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Cluster, type MasterProcess } from "../../tools/lab/cluster.ts";
import { TinyDisk } from "../../tools/lab/disk.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";
import { allTasks, Clients } from "./clients.ts";

const MiB = 1024 * 1024;
const waitMs = 60_000;
const shortOutageMs = 2_000;
const endless = "sleep 86400 & wait";

describeLab("a disk that fills", () => {
  let lab: Lab;
  let cluster: Cluster;
  beforeAll(async () => {
    lab = await Lab.start();
    cluster = Cluster.in(lab);
  });
  afterAll(() => lab?.down());

  const statusOf = async (master: MasterProcess, path: string) => (await master.fetch(path)).status;

  test("the master's, under load: writes are refused, reads work, writes work again with space; also after a kill -9", async () => {
    const seed = Number(process.env.PODLING_TEST_SEED ?? drawSeed(systemRandom));
    process.stderr.write(`PODLING_TEST_SEED=${seed} draws the same requests\n`);
    const disk = await lab.tinyDisk(64 * MiB);
    const master = await cluster.master({ dataDir: disk.path }).start();
    const node = await master.json<Node>("POST", "/api/v1/nodes/register", {
      ...{ hostname: "by-hand", port: 1, capacity: 10_000 },
    });
    const random = seededRandom(seed);
    const clients = new Clients(master, () => random.next());
    let working = clients.work(8);
    const acknowledgedMore = (more: number) => {
      const { acknowledged } = clients;
      return until(`${more} more writes`, () => clients.acknowledged >= acknowledged + more, waitMs);
    };
    const refusedMore = async () => {
      const { refused } = clients;
      await until("writes to be refused", () => clients.refused >= refused + 50, waitMs);
    };
    const readsGoOn = async () => {
      const { refused } = clients;
      expect(await statusOf(master, "/health")).toBe(200);
      for (let i = 0; i < 10; i++) {
        expect(await statusOf(master, "/api/v1/tasks?limit=10")).toBe(200);
        await master.json("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, {});
      }
      await until("writes still to be refused", () => clients.refused > refused);
      expect(await statusOf(master, "/ready")).toBe(503);
    };
    for (let round = 0; round < 3; round++) {
      await acknowledgedMore(200);
      disk.fill();
      await refusedMore();
      await readsGoOn();
      disk.free();
    }
    await acknowledgedMore(200);
    disk.fill();
    await refusedMore();
    await master.kill();
    await working;
    await master.start();
    await clients.check();
    working = clients.work(8);
    await refusedMore();
    disk.free();
    await acknowledgedMore(200);
    await master.kill();
    await working;
    await master.start();
    await clients.check();
    const tasks = await allTasks(master);
    process.stderr.write(
      `${clients.acknowledged} writes acknowledged, ${clients.refused} refused, ${tasks.length} tasks, none lost\n`,
    );
    await master.kill();
  }, 240_000);

  test("a worker's: it joins once it can write its id, restarts while the disk is full, and its tasks keep running", async () => {
    const engine = await lab.engine();
    const image = await engine.image();
    const master = await cluster.master().start();
    const disk = await lab.tinyDisk(1 * MiB);
    const worker = cluster.worker({ master, engine, hostname: "full", dataDir: disk.path });
    disk.fill();
    const launched = worker.launch();
    await launched.printed(/cannot keep this node's id in .*Free some space there/, waitMs);
    disk.free();
    const known = await until(
      "the node to have joined",
      async () => (await master.json<Node[]>("GET", "/api/v1/nodes")).find(({ engine }) => engine !== null),
      waitMs,
    );
    const identity = join(disk.path, "identity.json");
    await until(
      "its id to be kept",
      () => existsSync(identity) && readFileSync(identity, "utf8").includes(known.nodeId),
    );
    const body = { name: "stays", image, command: ["sh", "-c"], args: [endless], stopGraceSeconds: 0 };
    const task = await master.json<TaskView>("POST", "/api/v1/tasks?wait=running", body);
    expect(task.status).toBe("running");
    disk.fill();
    const killedMs = performance.now();
    await worker.kill();
    await worker.start();
    const isQuick = performance.now() - killedMs < shortOutageMs;
    const nodes = await master.json<Node[]>("GET", "/api/v1/nodes");
    expect(nodes.map(({ nodeId }) => nodeId)).toEqual([known.nodeId]);
    const job = await master.json<TaskView>("POST", "/api/v1/tasks?wait=finished", {
      ...body,
      name: "job",
      args: ["exit 3"],
    });
    expect(job).toMatchObject({ status: "failed", exitCode: 3 });
    const after = await master.json<TaskView>("GET", `/api/v1/tasks/${task.taskId}`);
    // On a slow machine the worker's start may take longer than its lease. The loss then has nothing to do with the disk.
    if (!isQuick && after.reason.code === "node-lost") process.stderr.write("the worker's start took long\n");
    else expect(after).toMatchObject({ status: "running", containerId: task.containerId!, restarts: 0 });
    await master.json("POST", `/api/v1/tasks/${task.taskId}/stop?wait=finished`);
    await worker.kill();
    await master.kill();
  }, 180_000);

  test("an engine's: a create fails with the engine's message, running tasks keep running, and creates work again with space", async () => {
    const host = await lab.host("n1");
    await host.engine.stop();
    const disk = await TinyDisk.mount(join(host.engine.folder, "data"), 64 * MiB);
    await host.engine.start();
    const image = await host.engine.image();
    const master = await cluster.master({ address: lab.address }).start();
    await cluster.worker({ master, engine: host.engine, on: host }).start();
    await until("the engine", async () => (await master.json<Node[]>("GET", "/api/v1/nodes"))[0]?.engine !== null);
    const body = { image, command: ["sh", "-c"], args: [endless], stopGraceSeconds: 0 };
    const create = (name: string, query: string, more: object = {}) =>
      master.json<TaskView>("POST", `/api/v1/tasks?${query}`, { ...body, name, ...more });
    const runs = "wait=running&timeout=30s";
    const before = await create("before", runs);
    expect(before.status).toBe("running");
    disk.fill();
    const refused = await create("no-space", "wait=finished&timeout=30s");
    expect(refused.status).toBe("failed");
    expect(["create-failed", "start-failed"]).toContain(refused.reason.code);
    expect(refused.reason.message).toContain("no space left on device");
    const waiting = await create("waits-for-space", "", {
      restartPolicy: { mode: "always", backoffInitialMs: 200, backoffMaxMs: 1_000 },
    });
    const reason = await until(
      "its reason to name the fourth attempt",
      async () => {
        const { reason, status } = await master.json<TaskView>("GET", `/api/v1/tasks/${waiting.taskId}`);
        return status === "scheduled" && /attempt 4 failed/.test(reason.message) ? reason : null;
      },
      waitMs,
    );
    expect(reason.message).toContain("no space left on device");
    expect(await master.json<TaskView>("GET", `/api/v1/tasks/${before.taskId}`)).toMatchObject({ status: "running" });
    disk.free();
    const after = await create("after", runs);
    expect(after.status).toBe("running");
    const now = await master.json<TaskView>("GET", `/api/v1/tasks/${waiting.taskId}?${runs}`);
    expect(now.status).toBe("running");
    expect(await master.json<TaskView>("GET", `/api/v1/tasks/${before.taskId}`)).toMatchObject({
      ...{ status: "running", containerId: before.containerId, restarts: 0 },
    });
  }, 180_000);
});
