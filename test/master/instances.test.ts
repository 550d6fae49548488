// Two processes of workers claim one node: what the master answers to each, which streams it ends, and what its log says.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { expectRefusal, openQuickJournal, TestClock, TestMaster } from "./in-process.ts";

const second = 1000;
const here = { hostname: "n1", port: 8081, address: "10.0.0.1", version: "1" };
const there = { ...here, address: "10.0.0.2" };
const as = (instance: string) => ({ [instanceHeader]: instance });

let clock: TestClock;
let podling: TestMaster;
let warnings: string[];
let nodeId: string;

beforeEach(async () => {
  clock = new TestClock();
  warnings = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  podling = new TestMaster({ clock, log });
  nodeId = (await register(here, "a.1")).body.nodeId;
});
const folders: string[] = [];
afterEach(async () => {
  await podling.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const register = (node: object, instance: string) =>
  podling.ask<Node>("POST", "/api/v1/nodes/register", { body: node, headers: as(instance) });

const beat = (id: string, instance: string) =>
  podling.ask("POST", `/api/v1/nodes/${id}/heartbeat`, { headers: as(instance) });

/** Opens the stream of assignments; `text` is what has arrived. */
async function assignments(reference: string, headers: Record<string, string>) {
  const ends = new AbortController();
  const url = `${podling.url}/api/v1/nodes/${reference}/assignments`;
  const response = await fetch(url, { headers, signal: ends.signal });
  const stream = { status: response.status, text: "", ended: false, close: () => ends.abort() };
  void (async () => {
    try {
      for await (const bytes of response.body!) stream.text += new TextDecoder().decode(bytes);
    } catch {
      // It was closed.
    }
    stream.ended = true;
  })();
  return stream;
}

test("while the worker sends heartbeats, a second one waits for two of them and becomes another node", async () => {
  expectRefusal(await register({ ...there, nodeId }, "b.1"), 409, "node-alive");
  await beat(nodeId, "a.1");
  expectRefusal(await register({ ...there, nodeId }, "b.1"), 409, "node-alive");
  await beat(nodeId, "a.1");
  const { status, body } = await register({ ...there, nodeId }, "b.1");
  expect({ status, body }).toMatchObject({ status: 201, body: { hostname: "n1-2", askedHostname: "n1" } });
  expect(body.nodeId).not.toBe(nodeId);
  expect(warnings).toEqual([
    "a second worker claimed the identity of a node whose worker runs; it joined as a node of its own",
  ]);
  expect((await register({ ...there, nodeId: body.nodeId }, "b.1")).body.hostname).toBe("n1-2");
  expect((await beat(nodeId, "a.1")).status).toBe(200);
  expect((await beat(body.nodeId, "b.1")).status).toBe(200);
  const nodes = await podling.do<Node[]>("GET", "/api/v1/nodes");
  expect(nodes.map(({ hostname, address }) => [hostname, address])).toEqual([
    ["n1", "10.0.0.1"],
    ["n1-2", "10.0.0.2"],
  ]);
});

test("heartbeats before the claim prove nothing", async () => {
  for (let i = 0; i < 5; i++) await beat(nodeId, "a.1");
  for (let i = 0; i < 5; i++) expectRefusal(await register(there, "b.1"), 409, "node-alive");
});

test("when the lease has run out, the second one gets the node, and the first is refused and becomes another", async () => {
  const { taskId } = await podling.create("web", { image: "nginx" });
  expectRefusal(await register(there, "b.1"), 409, "node-alive");
  await clock.advance(20 * second);
  const taken = await register(there, "b.1");
  expect(taken).toMatchObject({ status: 201, body: { nodeId, hostname: "n1", address: "10.0.0.2" } });
  expect(await podling.do("GET", `/api/v1/tasks/${taskId}`)).toMatchObject({ status: "failed" });
  const refused = await beat(nodeId, "a.1");
  expectRefusal(refused, 404, "node-not-found");
  expect(refused.body).toMatchObject({ error: `n1 (${nodeId}) belongs to the worker at 10.0.0.2:8081` });
  const stream = await assignments(nodeId, as("a.1"));
  expect(stream.status).toBe(404);
  await beat(nodeId, "b.1");
  expectRefusal(await register({ ...here, nodeId }, "a.1"), 409, "node-alive");
  await beat(nodeId, "b.1");
  await beat(nodeId, "b.1");
  expect((await register({ ...here, nodeId }, "a.1")).body.hostname).toBe("n1-2");
});

test("a restart with the same data folder gets the node at once; streams of the process before it end", async () => {
  const { taskId } = await podling.create("web", { image: "nginx" });
  const before = await assignments(nodeId, as("a.1"));
  await until("the sync", () => before.text.includes(taskId));
  const restarted = await register({ ...there, nodeId }, "a.2");
  expect(restarted).toMatchObject({ status: 201, body: { nodeId, hostname: "n1", status: "online", suspect: null } });
  await until("the end of the stream", () => before.ended);
  const after = await assignments(nodeId, as("a.2"));
  await until("the sync", () => after.text.includes(taskId));
  expect(await podling.do("GET", "/api/v1/nodes/n1")).toMatchObject({ status: "online", suspect: null });
  expectRefusal(await beat(nodeId, "a.1"), 404, "node-not-found");
  expect(warnings).toEqual([]);
  after.close();
});

test("tasks that are placed with the takeover are not sent to the process before it", async () => {
  const stream = await assignments(nodeId, as("a.1"));
  await podling.do("POST", `/api/v1/nodes/${nodeId}/lost?force=true`);
  const { taskId } = await podling.create("waits", { image: "nginx" });
  await register({ ...there, nodeId }, "b.1");
  expect(await podling.do("GET", `/api/v1/tasks/${taskId}`)).toMatchObject({ status: "scheduled", nodeId });
  await until("the end of the stream", () => stream.ended);
  expect(stream.text).not.toContain(taskId);
});

test("anyone may read the assignments of a node by its name, which is no sign of life; by its id only its worker", async () => {
  const reader = await assignments("n1", {});
  await until("the sync", () => reader.text.includes("event: sync"));
  expect((await assignments(nodeId, {})).status).toBe(404);
  expect(JSON.stringify((await beat(nodeId, "a.1")).body)).toContain('"streamOpen":false');
  expectRefusal(await podling.ask("POST", `/api/v1/nodes/${nodeId}/heartbeat`), 404, "node-not-found");
  await register({ ...here, nodeId }, "a.2");
  expect(reader.ended).toBe(false);
  reader.close();
});

test("a report of another process is refused", async () => {
  const { taskId } = await podling.create("web", { image: "nginx" });
  const report = (instance: string) =>
    podling.ask("PUT", `/api/v1/tasks/${taskId}/status`, {
      body: { status: "running", nodeId },
      headers: as(instance),
    });
  await register({ ...here, nodeId }, "a.2");
  expectRefusal(await report("a.1"), 409, "not-your-task");
  expect((await report("a.2")).status).toBe(200);
});

test("after a restart of the master, a second worker still waits for the first", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-instances-test-"));
  folders.push(folder);
  const first = new TestMaster({ clock, journal: openQuickJournal(folder) });
  const headers = as("a.1");
  const { body } = await first.ask<Node>("POST", "/api/v1/nodes/register", { body: here, headers });
  nodeId = body.nodeId;
  await first.stop();
  await podling.stop();
  podling = new TestMaster({ clock, journal: openQuickJournal(folder) });
  expectRefusal(await register(there, "b.1"), 409, "node-alive");
  for (let i = 0; i < 2; i++) expect((await beat(nodeId, "a.1")).status).toBe(200);
  expect((await register(there, "b.1")).body.hostname).toBe("n1-2");
});
