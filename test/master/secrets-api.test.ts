// Secrets over the API, on a master in this process: each operation, the key that is missing or another one, and that no answer,
// event, log line, backup or journal has a content.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ContentEvent } from "../../src/api/views/stream-events.ts";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { KeyFile } from "../../src/keys/file/key-file.ts";
import { MemoryKeys } from "../../src/keys/memory-keys.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { lineLog } from "../../src/lib/log.ts";
import { limits } from "../../src/model/limits.ts";
import type { KeyReport, SecretView } from "../../src/model/secret/secret.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import { type EventTap, expectRefusal, TestMaster } from "./in-process.ts";

const secrets = "/api/v1/secrets";
const canary = "canary-7f3a91c2";
const forms = [canary, Buffer.from(canary).toString("base64").slice(0, -2), Buffer.from(canary).toString("hex")];
const draw = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const worker = { [instanceHeader]: "place.process1" };

const folder = mkdtempSync(join(tmpdir(), "podling-secrets-"));
let keys: MemoryKeys;
let podling: TestMaster;
let nodeId: string;
let logged = "";
/** Everything that the master has answered and streamed to clients. */
let shown = "";

beforeAll(async () => {
  keys = new MemoryKeys(draw);
  podling = new TestMaster({
    keys,
    journal: openSqliteJournal({ dataDir: folder }),
    log: lineLog("master", systemClock, (line) => {
      logged += line;
    }),
  });
  const body = { hostname: "n1", port: 8081, capacity: 1000, version: "1", features: knownFeatures };
  ({ nodeId } = (
    await podling.ask<{ nodeId: string }>("POST", "/api/v1/nodes/register", { body, headers: worker })
  ).body);
});
beforeEach(() => {
  keys.isAway = false;
});
afterAll(async () => {
  await podling.stop();
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name)).toString("latin1");
    for (const form of forms) expect({ name, has: bytes.includes(form) }).toEqual({ name, has: false });
  }
  for (const form of forms) expect([logged.includes(form), shown.includes(form)]).toEqual([false, false]);
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T = SecretView>(method: string, path: string, body?: object) {
  const answer = await podling.ask<T>(method, path, body === undefined ? {} : { body });
  shown += JSON.stringify(answer.body);
  return answer;
}
const create = async (name: string, data: string) => (await ask("POST", secrets, { name, data })).body;
const update = async (name: string, data: string) => (await ask("PUT", `${secrets}/${name}`, { data })).body;
const report = async () => (await ask<KeyReport>("GET", "/api/v1/key")).body;

describe("a secret", () => {
  test("is created, listed, updated and removed, and never shown", async () => {
    expect(await report()).toMatchObject({ status: "unused", sealed: 0 });
    const made = await create("db-password", canary);
    expect(made).toEqual({ name: "db-password", version: 1, createdAt: expect.any(String), by: "anonymous" });
    expect(await update("db-password", canary)).toEqual(made);
    expect(await update("db-password", `${canary}2`)).toMatchObject({ version: 2 });
    expect((await ask("GET", `${secrets}/db-password`)).body).toMatchObject({ version: 2 });
    expect((await ask("GET", `${secrets}/db-password?version=1`)).body).toEqual(made);
    const versions = (await ask<SecretView[]>("GET", `${secrets}/db-password/versions`)).body;
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    await create("other", canary);
    expect((await ask<SecretView[]>("GET", secrets)).body).toHaveLength(2);
    expect(await report()).toMatchObject({ status: "present", sealed: 3, place: "memory" });
    expect((await podling.ask("DELETE", `${secrets}/other`)).status).toBe(204);
  });

  test("that is refused is not quoted", async () => {
    const bodies = [
      { name: "db-password", data: canary },
      { name: "a b", data: canary },
      { name: "a", data: [canary] },
      { name: "a", data: canary.padEnd(limits.contentBytes + 1, "x") },
      { name: "a", data: `${canary}!`, encoding: "base64" },
      { name: "a", data: canary, more: 1 },
    ];
    for (const body of bodies) expect((await ask("POST", secrets, body)).status).toBeGreaterThanOrEqual(400);
    for (const text of [`{"name": "a", "data": "x", ${canary}`, `{"name": "a", "data": ${canary}}`]) {
      const answer = await podling.ask("POST", secrets, { text, headers: { "content-type": "application/json" } });
      expectRefusal(answer, 400, "invalid-json");
      shown += JSON.stringify(answer.body);
    }
    expectRefusal(await podling.ask("PUT", `${secrets}/none`, { body: { data: canary } }), 404, "secret-not-found");
  });

  test("is in no task, explanation, event and backup", async () => {
    const watch = await podling.stream("/api/v1/watch");
    await create("watched", canary);
    const task = (await ask<{ taskId: string }>("POST", "/api/v1/tasks", {
      ...{ name: "user", image: "app" },
      secrets: [{ name: "watched" }, { name: "watched", env: "PASSWORD" }],
    })) as { body: { taskId: string } };
    await watch.next("the task", ({ data }) => data.type === "task.created");
    shown += JSON.stringify(watch.events);
    watch.close();
    await ask("GET", `/api/v1/tasks/${task.body.taskId}`);
    await ask("GET", `/api/v1/tasks/${task.body.taskId}/explain`);
    await ask("GET", "/api/v1/nodes/n1");
    await ask("GET", "/metrics");
    const backup = await podling.ask<string>("GET", "/api/v1/backup");
    expect(backup.status).toBe(200);
    const text = typeof backup.body === "string" ? backup.body : JSON.stringify(backup.body);
    expect(text).toContain('"watched"');
    shown += text;
  });
});

describe("the worker of a node", () => {
  const contentsOf = (tap: EventTap, name: string) =>
    tap.events
      .map(({ event, data }) => ({ event, data: data as unknown as ContentEvent }))
      .filter(({ event, data }) => event === "content" && data.name === name)
      .map(({ data }) => data);
  const follow = async (id: string, headers: Record<string, string> = {}) => {
    const tap = await podling.stream(`/api/v1/nodes/${id}/assignments`, headers);
    await tap.next("the first set", ({ event }) => event === "sync");
    return tap;
  };
  const run = (name: string, secret: string) =>
    ask("POST", "/api/v1/tasks", { name, image: "app", secrets: [{ name: secret }] });

  test("gets the content, and a client that reads its stream does not", async () => {
    await create("sent", canary);
    const [stream, reader] = [await follow(nodeId, worker), await follow("n1")];
    await run("reads", "sent");
    await stream.next("the task", ({ data }) => data.name === "reads");
    await reader.next("the task", ({ data }) => data.name === "reads");
    expect(contentsOf(stream, "sent")).toEqual([
      { kind: "secret", name: "sent", version: 1, newest: false, data: canary, encoding: "utf8" },
    ]);
    shown += JSON.stringify(reader.events);
    for (const tap of [stream, reader]) tap.close();
    const impostor = await podling.ask("GET", `/api/v1/nodes/${nodeId}/assignments`, {
      headers: { [instanceHeader]: "place.other" },
    });
    expect(impostor.status).toBeGreaterThanOrEqual(400);
  });

  test("learns why the key does not open it, and gets it when the key is back", async () => {
    await create("locked", canary);
    const stream = await follow(nodeId, worker);
    keys.isAway = true;
    await run("waits", "locked");
    await stream.next("the problem", ({ data }) => data.problem !== undefined);
    expect(contentsOf(stream, "locked")).toEqual([
      {
        ...{ kind: "secret", name: "locked", version: 1, newest: false },
        problem: "cannot be opened: the key is missing",
      },
    ]);
    keys.isAway = false;
    const beats = setInterval(() => {
      void podling.ask("POST", `/api/v1/nodes/${nodeId}/heartbeat`, { headers: worker });
    }, 500);
    await stream.next("the content", ({ data }) => data.name === "locked" && data.data !== undefined);
    clearInterval(beats);
    stream.close();
  }, 20_000);
});

describe("without the key", () => {
  test("nothing is sealed, nothing else is refused, and no other key is made", async () => {
    await create("first", canary);
    keys.isAway = true;
    expectRefusal(await podling.ask("POST", secrets, { body: { name: "new", data: "x" } }), 503, "key-unavailable");
    expectRefusal(await podling.ask("PUT", `${secrets}/first`, { body: { data: "x" } }), 503, "key-unavailable");
    expect(await report()).toMatchObject({ status: "missing", place: null });
    await podling.do("POST", "/api/v1/configs", { name: "goes-on", data: "x" });
    await podling.do("DELETE", `${secrets}/first`).catch(() => null);
  });

  test("another key is refused", async () => {
    const other = new TestMaster({ keys: new MemoryKeys(draw) });
    await other.do("POST", secrets, { name: "a", data: "x" });
    const backup = await other.ask<string>("GET", "/api/v1/backup");
    const text = typeof backup.body === "string" ? backup.body : JSON.stringify(backup.body);
    await other.stop();
    const fresh = new MemoryKeys(draw);
    fresh.findOrMake();
    const restored = new TestMaster({ keys: fresh });
    const headers = { "content-type": "application/x-ndjson" };
    expect((await restored.ask("POST", "/api/v1/restore", { text, headers })).status).toBe(200);
    expectRefusal(await restored.ask("POST", secrets, { body: { name: "b", data: "y" } }), 503, "key-unavailable");
    expect(await restored.do<KeyReport>("GET", "/api/v1/key")).toMatchObject({ status: "other" });
    await restored.stop();
  });

  test("one that others may read: what it is needed for comes first, and the command last", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "podling-secrets-key-")), "master.key");
    const other = new TestMaster({ keys: new KeyFile([path]) });
    await other.do("POST", secrets, { name: "a", data: "x" });
    await other.do("POST", secrets, { name: "b", data: "x" });
    chmodSync(path, 0o644);
    const { status, message } = await other.do<KeyReport>("GET", "/api/v1/key");
    await other.stop();
    rmSync(dirname(path), { recursive: true });
    expect(status).toBe("missing");
    expect(message).toStartWith("2 secrets and logins need the key, and every user of this machine may open ");
    expect(message).toEndWith(`; type: chmod 600 ${path}`);
  });

  test("a master that starts without the key says so in its log", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "podling-secrets-start-"));
    const first = new TestMaster({ keys: new MemoryKeys(draw), journal: openSqliteJournal({ dataDir }) });
    await first.do("POST", secrets, { name: "a", data: "x" });
    await first.stop();
    let lines = "";
    const log = lineLog("master", systemClock, (line) => {
      lines += line;
    });
    const second = new TestMaster({ keys: new MemoryKeys(draw), journal: openSqliteJournal({ dataDir }), log });
    expect(await second.do<KeyReport>("GET", "/api/v1/key")).toMatchObject({ status: "missing" });
    await second.stop();
    rmSync(dataDir, { recursive: true, force: true });
    expect(lines).toContain("ERROR master: secrets and logins cannot be opened; everything else goes on");
    expect(lines).toContain("1 secret or login needs the key, and the key is missing");
  });
});
