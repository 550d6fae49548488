// Requests that were once answered wrongly, and answers of workers that the master once read without bound.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Operation, operations } from "../../src/api/operations/operations.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { framedMediaType } from "../../src/lib/frames.ts";
import { paceOf } from "../../src/master/node-health/leases.ts";
import { limits } from "../../src/model/limits.ts";
import { until } from "../../tools/lab/until.ts";
import { expectRefusal, TestClock, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeEach(() => {
  podling = new TestMaster({});
});
afterEach(() => podling.stop());

test("a redirect of a worker is not followed", async () => {
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

describe("a program that listens in a worker's place and answers without end", () => {
  /** What `pull` sends, as plain text, until the master closes the connection. */
  async function logsFrom(
    master: TestMaster,
    pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>,
  ) {
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
    };
    const body = () => new ReadableStream<Uint8Array>({ pull, cancel });
    const worker = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(body()) });
    await master.do("POST", "/api/v1/nodes/register", { hostname: "n1", port: worker.port, address: "127.0.0.1" });
    const { taskId } = await master.create("web");
    await master.do("PUT", `/api/v1/tasks/${taskId}/status`, { status: "running", containerId: "c" });
    const answer = master.ask<{ error: string }>("GET", `/api/v1/tasks/${taskId}/logs`);
    return { answer, cancelled: () => cancelled, stop: () => worker.stop(true) };
  }

  test("at full speed: it is not quoted, and little of it is read", async () => {
    let chunks = 0;
    const { answer, cancelled, stop } = await logsFrom(podling, (controller) => {
      chunks++;
      controller.enqueue(new Uint8Array(1024 * 1024).fill(0x61));
    });
    expectRefusal(await answer, 503, "node-unreachable");
    expect((await answer).body.error).toEndWith("is no worker: it answered 200 with no type");
    await until("the master closes the connection", cancelled);
    expect(chunks).toBeLessThan(50);
    await stop();
  });

  test("so slowly that it never ends: it is not waited for", async () => {
    let sent = false;
    const { answer, cancelled, stop } = await logsFrom(podling, (controller) => {
      if (sent) return new Promise(() => {});
      controller.enqueue(Buffer.from("hello"));
      sent = true;
    });
    expectRefusal(await answer, 503, "node-unreachable");
    expect((await answer).body.error).not.toContain("hello");
    await until("the master closes the connection", cancelled);
    await stop();
  });
});

test("a worker that sends its log in drips is given up when its readers have gone", async () => {
  let cancelled = 0;
  const drip = () =>
    new ReadableStream<Uint8Array>({
      async pull(to) {
        await Bun.sleep(10);
        to.enqueue(Uint8Array.of(1)); // the header of a frame never becomes whole
      },
      cancel() {
        cancelled++;
      },
    });
  const headers = { "content-type": framedMediaType };
  const worker = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: () => new Response(drip(), { headers }),
  });
  await podling.do("POST", "/api/v1/nodes/register", { hostname: "drips", port: worker.port, address: "127.0.0.1" });
  const readers = new AbortController();
  const count = 5;
  for (let i = 0; i < count; i++) {
    const { taskId } = await podling.create(`drip-${i}`, { constraints: ["node==drips"] });
    await podling.do("PUT", `/api/v1/tasks/${taskId}/status`, { status: "running", containerId: `c${i}` });
    for (const query of ["", "?follow=true"])
      void fetch(`${podling.url}/api/v1/tasks/${taskId}/logs${query}`, { signal: readers.signal })
        .then((answer) => answer.text())
        .catch(() => {});
  }
  const open = async () =>
    Number(/^podling_log_feeds (\d+)$/m.exec(await (await fetch(`${podling.url}/metrics`)).text())?.[1]);
  await until("the logs to be read", async () => (await open()) > 0);
  readers.abort();
  await until("the logs to be given up", async () => (await open()) === 0 && cancelled > 0);
  await worker.stop(true);
});

test("a watch has no pages, and a cursor is a task's id", async () => {
  expectRefusal(await podling.ask("GET", "/api/v1/tasks?watch&limit=1"), 400, "invalid-field");
  expectRefusal(await podling.ask("GET", "/api/v1/tasks?watch&cursor=20250119123456-abc12345"), 400, "invalid-field");
  expectRefusal(await podling.ask("GET", "/api/v1/tasks?cursor=zzz"), 400, "invalid-field");
});

test("a key such as __proto__ is refused, not dropped", async () => {
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

describe("HEAD", () => {
  /** A record named web of each kind that is found by its name. */
  const made: Record<string, () => Promise<unknown>> = {
    services: () => podling.do("PUT", "/api/v1/services/web", { name: "web", image: "nginx" }),
    jobs: () => podling.do("POST", "/api/v1/jobs", { name: "web", image: "nginx" }),
    schedules: () => podling.do("POST", "/api/v1/schedules", { name: "web", image: "nginx", cron: "0 3 * * *" }),
    volumes: () => podling.do("POST", "/api/v1/volumes", { name: "web" }),
    apps: () => podling.do("PUT", "/api/v1/apps/web", { services: [{ name: "web_a", image: "nginx" }] }),
    configs: () => podling.do("POST", "/api/v1/configs", { name: "web", data: "one" }),
    secrets: () => podling.do("POST", "/api/v1/secrets", { name: "web", data: "one" }),
  };
  const gets = (Object.values(operations) as Operation[]).filter(
    // A connection is upgraded by GET alone.
    ({ method, status }) => method === "GET" && status !== 101,
  );
  test.each(gets.map((operation) => [operation.path, operation] as const))(
    "%s answers as GET, without a body",
    async (_, operation) => {
      const node = await podling.register("n1");
      const task = await podling.create("web");
      const noun = operation.path.split("/")[3] ?? "";
      await made[noun]?.();
      const id = noun === "nodes" ? node.nodeId : noun in made ? "web" : task.taskId;
      const query = operation.path.endsWith("/why-not") ? `?node=${node.nodeId}` : "";
      const answer = await fetch(podling.url + operation.path.replace("{id}", id) + query, { method: "HEAD" });
      // No worker listens for the clean-up; HEAD of a log asks no worker.
      const status = operation.path.endsWith("/cleanup") ? 503 : operation.status;
      expect([answer.status, await answer.text()]).toEqual([status, ""]);
      const metrics = await podling.do<string>("GET", "/metrics");
      expect(metrics).toContain("\npodling_streams 0\n");
    },
  );

  test("of a watched list, and of paths that only POST takes", async () => {
    const head = async (path: string) => (await fetch(podling.url + path, { method: "HEAD" })).status;
    expect(await head("/api/v1/tasks?watch=true")).toBe(200);
    expect(await podling.do<string>("GET", "/metrics")).toContain("\npodling_streams 0\n");
    expect(await head("/api/v1/tasks/none")).toBe(404);
    expect(await head("/api/v1/nodes/register")).toBe(404);
    expect(await head("/api/v1/restore")).toBe(405);
  });
});

test("a node deregistered while it registers is a refusal, not a bug", async () => {
  const node = await podling.register("n1");
  const [registered] = await Promise.all([
    podling.ask("POST", "/api/v1/nodes/register", { body: { hostname: "n1", port: node.port } }),
    podling.ask("POST", `/api/v1/nodes/${node.nodeId}/deregister`),
  ]);
  expect([201, 404]).toContain(registered.status);
});

test("explanations wait in a queue with a limit", async () => {
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

test("a node whose assignments were followed by hand gets the lease of a hand-registered node again", async () => {
  const node = await podling.register("n1");
  const stream = await podling.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
  await stream.next("the sync", ({ event }) => event === "sync");
  const lease = async () =>
    (await podling.do<{ leaseMs: number }>("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, {})).leaseMs;
  expect(await lease()).toBe(paceOf(1, false).leaseMs);
  stream.close();
  await until("the stream to be gone", async () => (await lease()) === limits.handLeaseMs);
});

test("if the disk is full at the first start, no change is recorded before the epoch", async () => {
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
    const [first] = journal.batchesNow(0);
    expect(first?.commands).toEqual([{ type: "startMaster", by: "system:start" }]);
  } finally {
    await full.stop();
  }
});
