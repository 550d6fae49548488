// A worker that has become another node: what it started under its former node ends, also after a restart of the worker,
// and containers of the worker that has that node now are left alone.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../../src/api/client.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import type { Node } from "../../src/model/node/node.ts";
import { FormerNodesFile } from "../../src/worker/data-dir/former-nodes-file.ts";
import type { Identity } from "../../src/worker/data-dir/identity.ts";
import type { Worker, WorkerOptions } from "../../src/worker/worker.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";

let world: World;
let folder: string;
beforeEach(() => {
  world = new World();
  folder = mkdtempSync(join(tmpdir(), "podling-former-"));
});
afterEach(async () => {
  await world.down();
  rmSync(folder, { recursive: true });
});

/** A data folder in memory, but for the list of former nodes. */
class Folder {
  identity: Identity | null = null;
  readonly path: string;
  constructor(name: string) {
    this.path = mkdtempSync(join(folder, name));
  }

  options(instance: string): Partial<WorkerOptions> {
    const headers = { [instanceHeader]: instance };
    return {
      client: new Client({ baseUrl: "http://localhost:1", fetch: world.fetch, clock: world.clock, headers }),
      identity: {
        read: () => this.identity,
        write: (identity) => {
          this.identity = identity;
        },
      },
      formerNodes: new FormerNodesFile(this.path),
    };
  }
}

/** Another worker gets the node, as after the end of its lease, and shows that it runs. Returns how to end it. */
async function takeOver(nodeId: string, port = 8082): Promise<() => void> {
  const headers = { [instanceHeader]: "b.1" };
  const body = { hostname: "n1", address: "10.0.0.2", port, version: "test", nodeId };
  await world.master.do("POST", `/api/v1/nodes/${nodeId}/lost?force=true`);
  const { body: got } = await world.master.ask<Node>("POST", "/api/v1/nodes/register", { body, headers });
  expect(String(got.nodeId)).toBe(nodeId);
  const beats = setInterval(
    () => void world.master.ask("POST", `/api/v1/nodes/${nodeId}/heartbeat`, { headers }).catch(() => {}),
    50,
  );
  return () => clearInterval(beats);
}

async function becomesAnother(worker: Worker, before: string): Promise<void> {
  await until("the worker to be another node", () => worker.nodeId !== before && worker.nodeId !== "");
}

/** No assignments arrive from here on, so that workers stop nothing. Heartbeats and registrations do. */
function withoutAssignments(): void {
  world.cutLink();
  world.cut = (path) => path.endsWith("/assignments");
}

/** Starts a worker with a task, and gives its node to another one before it can stop the container; then it ends. */
async function endsWithoutItsNode(own: Folder): Promise<{ task: TaskView; before: string; end: () => void }> {
  const worker = await world.started(own.options("a.1"));
  const task = await world.running("web");
  const before = worker.nodeId;
  withoutAssignments();
  const end = await takeOver(before);
  await becomesAnother(worker, before);
  worker.stop();
  return { task, before, end };
}

const statusOf = (task: TaskView) => world.container(task)?.status;

describe("a worker that lost its node", () => {
  test("and ended before the first assignments of its new one stops its containers when it is restarted", async () => {
    const own = new Folder("a");
    const { task, before, end } = await endsWithoutItsNode(own);
    world.cut = null;
    expect(statusOf(task)).toBe("running");
    const again = await world.started(own.options("a.2"));
    expect(again.nodeId).not.toBe(before);
    await until("the container to be stopped", () => statusOf(task) !== "running");
    end();
  });

  test("while it did not run stops what it finds running, when the master knows that the task is not there", async () => {
    const own = new Folder("a");
    const worker = await world.started(own.options("a.1"));
    const task = await world.running("web");
    worker.stop();
    const end = await takeOver(worker.nodeId);
    expect(statusOf(task)).toBe("running");
    await world.started(own.options("a.2"));
    await until("the container to be stopped", () => statusOf(task) !== "running");
    end();
  });

  test("finds its ended containers again when it is restarted, for their logs", async () => {
    const own = new Folder("a");
    const worker = await world.started({
      ...own.options("a.1"),
      retention: { count: 5, ageMs: Number.POSITIVE_INFINITY },
    });
    const task = await world.running("web");
    const before = worker.nodeId;
    const end = await takeOver(before);
    await becomesAnother(worker, before);
    await until("the container to be stopped", () => statusOf(task) === "exited");
    expect(worker.holdings().map(({ found }) => found?.taskId)).toEqual([task.taskId]);
    const other = await world.started(own.options("a.2"));
    await until("its log to be readable", () => other.holdings().some(({ found }) => found?.taskId === task.taskId));
    end();
  });
});

describe("containers of the worker that has the node now, on the same engine, are left alone", () => {
  test("by a worker with a copy of its data folder", async () => {
    const own = new Folder("a");
    const holder = await world.started(own.options("a.1"));
    const task = await world.running("web");
    const ended = await world.reached(await world.run("job", ["exit", "0"], { restartPolicy: "never" }), "completed");
    const copy = new Folder("b");
    copy.identity = own.identity;
    const other = await world.started({ ...copy.options("c.1"), address: "10.0.0.3" });
    expect(other.nodeId).not.toBe(holder.nodeId);
    const question = `/api/v1/tasks/${task.taskId}`;
    await until("the question to the master", () => world.requests.some(({ path }) => path === question));
    await world.reached(await world.running("later"), "running");
    expect([statusOf(task), statusOf(ended)]).toEqual(["running", "exited"]);
    expect(world.requests.filter(({ path }) => path === `/api/v1/tasks/${ended.taskId}`)).toHaveLength(0);
  });

  test("by the worker that had the node before, also for tasks that came later", async () => {
    const own = new Folder("a");
    const { task, before, end } = await endsWithoutItsNode(own);
    end();
    world.cut = null;
    // The place of the second worker is the first one's, so that it gets the node.
    const now = new Folder("b");
    now.identity = { nodeId: before, clusterId: own.identity!.clusterId };
    const holder = await world.started({ ...now.options("b.2"), address: "10.0.0.2", port: 8082 });
    expect(holder.nodeId).toBe(before);
    const later = await world.running("later", { constraints: [`node==${before}`] });
    await world.started(own.options("a.2"));
    await until("the first one's container to be stopped", () => statusOf(task) !== "running");
    expect(statusOf(later)).toBe("running");
  });
});

describe("the list of former nodes", () => {
  const node = { nodeId: "node-abc12345", clusterId: "c0ffee00", taskIds: ["t1"], isWhole: true };

  test("is kept over restarts, and written completely or not at all", () => {
    const file = new FormerNodesFile(folder);
    expect(file.read()).toEqual({ list: [], damage: null });
    file.write([node]);
    expect(new FormerNodesFile(folder).read()).toEqual({ list: [node], damage: null });
    expect(readdirSync(folder)).toEqual(["former-nodes.json"]);
  });

  for (const damage of ["", "{", '{"nodes": [{"nodeId": 3}]}', '{"nodes": [null]}']) {
    test(`is empty where it is damaged, and that is known: ${damage || "nothing"}`, () => {
      writeFileSync(join(folder, "former-nodes.json"), damage);
      const { list, damage: why } = new FormerNodesFile(folder).read();
      expect(list).toEqual([]);
      expect(why).toContain("is damaged");
    });
  }
});
