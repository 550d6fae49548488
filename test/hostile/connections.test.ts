// A thousand idle and slow connections to a real master process: all other requests are answered meanwhile, and
// correctly. The bench (section abuse) measures how fast; here the machine may be busy with other tests.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Node } from "../../src/model/node/node.ts";
import { Cluster, type MasterProcess } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { openSlowClients, type SlowClients } from "./slow-clients.ts";

const slowCount = 1_000;
const requestCount = 200;
/** Beyond what it had before. Streams whose clients do not read share what waits for them, which is at most 4 MiB. */
const growthBytes = 256 * 1024 * 1024;

let cluster: Cluster;
let master: MasterProcess;
let slow: SlowClients | null = null;

beforeAll(async () => {
  cluster = await Cluster.alone();
  master = await cluster.master().start();
});
afterAll(async () => {
  slow?.close();
  await cluster?.down();
});

const metric = async (name: string) => {
  const text = await (await master.fetch("/metrics")).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
};

test(`${slowCount} slow connections, and ${requestCount} ordinary requests of each kind are answered`, async () => {
  const node = await master.json<Node>("POST", "/api/v1/nodes/register", { hostname: "n1", port: 1, capacity: 10_000 });
  const before = await metric("process_resident_memory_bytes");
  const clients = await openSlowClients(master.port, slowCount);
  slow = clients;
  await until(
    "the streams that are not read to be open",
    async () => (await metric("podling_streams")) >= slowCount / 5,
    60_000,
  );

  // One that reads sees every change, beside two hundred that do not.
  const watching = new AbortController();
  const stream = await master.fetch("/api/v1/watch", { signal: watching.signal });
  const seen = new Set<string>();
  const reading = readCreated(stream, seen).catch(() => {});

  for (let i = 0; i < requestCount; i += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, j) => ordinary(i + j, node)));
  }
  const listed = await master.json<TaskView[]>("GET", "/api/v1/tasks?limit=10000");
  expect(listed).toHaveLength(requestCount);
  await until("every change to be seen", () => seen.size === requestCount, 60_000);
  watching.abort();
  await reading;

  const grown = (await metric("process_resident_memory_bytes")) - before;
  process.stderr.write(`${slowCount} slow connections: ${(grown / 2 ** 20).toFixed(0)} MiB grown\n`);
  expect(grown).toBeLessThan(growthBytes);
  expect(clients.opened).toBeGreaterThanOrEqual(slowCount);
  clients.close();
  await until("the streams of those who left to end", async () => (await metric("podling_streams")) === 0, 60_000);
  expect(await (await master.fetch("/metrics")).text()).not.toContain('status="500"');
  expect(master.output()).not.toMatch(/ERROR/);
}, 240_000);

/** What a user and a worker do: each answer must be what was asked for. */
async function ordinary(number: number, node: Node): Promise<void> {
  const created = await master.json<TaskView>("POST", "/api/v1/tasks", {
    name: `task-${number}`,
    image: "nginx",
    env: { FILLER: "x".repeat(20_000) },
  });
  expect(created.status).toBe("scheduled");
  expect((await master.json<TaskView>("GET", `/api/v1/tasks/${created.taskId}`)).name).toBe(`task-${number}`);
  const reported = await master.json<TaskView>("PUT", `/api/v1/tasks/${created.taskId}/status`, { status: "running" });
  expect(reported.status).toBe("running");
  const beat = await master.json<{ nodeId: string }>("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, {});
  expect(beat.nodeId).toBe(node.nodeId);
}

async function readCreated(stream: Response, seen: Set<string>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream.body!) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const taskId = /^data: .*"type":"task.created".*?"taskId":"([^"]+)"/.exec(line)?.[1];
      if (taskId) seen.add(taskId);
    }
  }
}
