// Requests that were once answered wrongly: each is here so that it stays answered well.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { paceOf } from "../../src/master/node-health/leases.ts";
import { limits } from "../../src/model/limits.ts";
import { until } from "../../tools/lab/until.ts";
import { expectRefusal, TestClock, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeEach(() => {
  podling = new TestMaster({});
});
afterEach(() => podling.stop());

test("a worker that sends the master elsewhere is not followed", async () => {
  const secret = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("INTERNAL") });
  const worker = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => Response.redirect(`http://127.0.0.1:${secret.port}/`),
  });
  try {
    await podling.do("POST", "/api/v1/nodes/register", { hostname: "n1", port: worker.port, address: "127.0.0.1" });
    const { taskId } = await podling.create("web");
    await podling.do("PUT", `/api/v1/tasks/${taskId}/status`, { status: "running", containerId: "c" });
    const answer = await podling.ask("GET", `/api/v1/tasks/${taskId}/logs`);
    expectRefusal(answer, 503, "node-unreachable");
    expect(JSON.stringify(answer.body)).not.toContain("INTERNAL");
  } finally {
    worker.stop(true);
    secret.stop(true);
  }
});

test("a watch has no pages, and a cursor is a task's id", async () => {
  expectRefusal(await podling.ask("GET", "/api/v1/tasks?watch&limit=1"), 400, "invalid-field");
  expectRefusal(await podling.ask("GET", "/api/v1/tasks?watch&cursor=20250119123456-abc12345"), 400, "invalid-field");
  expectRefusal(await podling.ask("GET", "/api/v1/tasks?cursor=zzz"), 400, "invalid-field");
});

test("a key that the language has a meaning for is refused, not dropped", async () => {
  const body = '{"name":"a","image":"x","labels":{"__proto__":"y"}}';
  const answer = await podling.master.fetch(
    new Request(`${podling.url}/api/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
  );
  expect(answer.status).toBe(400);
});

test("load balancers may ask with HEAD", async () => {
  for (const path of ["/health", "/ready", "/version"]) {
    const answer = await fetch(`${podling.url}${path}`, { method: "HEAD" });
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, ""]);
  }
  expect((await fetch(`${podling.url}/api/v1/watch`, { method: "HEAD" })).status).toBe(405);
});

test("a node deregistered while it registers is a refusal, not a bug", async () => {
  const node = await podling.register("n1");
  const [registered] = await Promise.all([
    podling.ask("POST", "/api/v1/nodes/register", { body: { hostname: "n1", port: node.port } }),
    podling.ask("POST", `/api/v1/nodes/${node.nodeId}/deregister`),
  ]);
  expect([201, 404]).toContain(registered.status);
});

test("explanations stand in line, and not many of them", async () => {
  await podling.register("n1");
  const { taskId } = await podling.create("web");
  const asked = Array.from({ length: limits.explanationsInLine + 20 }, () =>
    podling.ask("GET", `/api/v1/tasks/${taskId}/explanation`),
  );
  const statuses = new Set((await Promise.all(asked)).map(({ status }) => status));
  expect([...statuses].every((status) => status === 200 || status === 429)).toBe(true);
  expect(statuses.has(200)).toBe(true);
  expect((await podling.ask("GET", `/api/v1/tasks/${taskId}/explanation`)).status).toBe(200);
});

test("a node that followed its assignments once, by hand, has the lease of a hand again", async () => {
  const node = await podling.register("n1");
  const stream = await podling.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
  await stream.next("the sync", ({ event }) => event === "sync");
  const lease = async () =>
    (await podling.do<{ leaseMs: number }>("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, {})).leaseMs;
  expect(await lease()).toBe(paceOf(1, false).leaseMs);
  stream.close();
  await until("the stream to be gone", async () => (await lease()) === limits.handLeaseMs);
});

test("where the disk is full at the first start, nothing comes before the epoch", async () => {
  const journal = openMemoryJournal();
  journal.refuseWrites("the disk is full");
  const clock = new TestClock();
  const full = new TestMaster({ journal, clock });
  try {
    await until("the first refusal", async () => (await full.ask("GET", "/ready")).status === 503);
    journal.refuseWrites(null);
    const register = () => full.ask("POST", "/api/v1/nodes/register", { body: { hostname: "n1", port: 1 } });
    expectRefusal(await register(), 503, "journal-unavailable");
    await clock.advance(limits.retryInitialMs);
    expect((await register()).status).toBe(201);
    const [first] = journal.readBatches(0);
    expect(first?.cause).toBe("startMaster");
  } finally {
    await full.stop();
  }
});
