// Hostile requests of every kind in the error table, against a real master process: each is answered as the row says,
// and after all of them nothing has changed but the counters.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { errorCatalogue } from "../../src/api/errors.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Node } from "../../src/model/node/node.ts";
import { Cluster, type MasterProcess } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { bodyRows } from "./body-rows.ts";
import { pathRows } from "./path-rows.ts";
import { exchange } from "./raw.ts";
import { type Row, token } from "./request.ts";
import { rows } from "./rows.ts";
import { wireRows } from "./wire-rows.ts";

/** How often all of them are sent again, and what the master may have grown by then. */
const rounds = 3;
const growthBytes = 48 * 1024 * 1024;

/** Codes that no single request can bring about, and where they are tested. */
const elsewhere = {
  internal: "it would be a bug",
  "too-many": "test/master/bounds.test.ts",
  "journal-unavailable": "test/master/bounds.test.ts",
  "engine-refused": "test/worker/cleanup.test.ts",
  "not-ready": "test/system/crash.test.ts",
  "node-alive": "test/master/liveness-suspicion.test.ts",
  "other-cluster": "test/master/restore.test.ts",
  "volume-in-use": "test/master/volumes-api.test.ts",
  "in-use": "test/master/configs-api.test.ts",
  conflict: "test/master/apps-api.test.ts",
  "plan-drifted": "test/master/plan-api.test.ts",
  "key-unavailable": "test/master/secrets-api.test.ts",
};

let cluster: Cluster;
let master: MasterProcess;
let before: unknown;

beforeAll(async () => {
  cluster = await Cluster.alone();
  master = await cluster.master({ token }).start();
  await populate();
  before = await everything();
});
afterAll(() => cluster?.down());

/** Something of everything that a request could hit. */
async function populate(): Promise<void> {
  for (const hostname of ["n1", "n2"]) {
    await master.json("POST", "/api/v1/nodes/register", { hostname, port: 1, address: "127.0.0.1", capacity: 100 });
  }
  const create = (name: string, more: object = {}) =>
    master.json<TaskView>("POST", "/api/v1/tasks", { name, image: "nginx", ...more });
  const report = ({ taskId }: TaskView, status: string) =>
    master.json("PUT", `/api/v1/tasks/${taskId}/status`, { status, containerId: "c" });
  await report(await create("web", { labels: { app: "web" } }), "running");
  await create("twin");
  await create("twin");
  await create("waits", { constraints: ["nowhere"] });
  const done = await create("done");
  await report(done, "running");
  await report(done, "completed");
  await master.fetch("/api/v1/tasks", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "used" },
    body: JSON.stringify({ name: "keyed", image: "nginx" }),
  });
}

/** All that the master knows, but for what the passing of time changes. */
async function everything(): Promise<unknown> {
  const nodes = await master.json<Partial<Node>[]>("GET", "/api/v1/nodes");
  return {
    tasks: await master.json<TaskView[]>("GET", "/api/v1/tasks?limit=10000"),
    nodes: nodes.map(({ lastHeartbeat: _, ...node }) => node),
    revision: await metric("podling_revision"),
  };
}

async function metric(name: string): Promise<number> {
  const text = await (await master.fetch("/metrics")).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

/** What is wrong with the answer; null: it is as the row says. */
async function fault({ what, bytes, status, code, hangUp = false }: Row): Promise<string | null> {
  const answer = await exchange(master.port, bytes, { hangUp });
  const expected = `${what}: ${status} ${code ?? ""}`;
  if (code === null) return answer.status === status ? null : `${expected}; got ${answer.status} ${answer.body}`;
  const body = JSON.parse(answer.body || "{}") as Record<string, unknown>;
  const whole =
    ["error", "hint"].every((key) => String(body[key] ?? "").length > 10) && typeof body.details === "object";
  // A refusal is a sentence, not an echo of the megabyte that was sent.
  const short = answer.body.length < 4096;
  if (answer.status === status && body.code === code && whole && short) return null;
  return `${expected}; got ${answer.status} ${answer.body.slice(0, 300)}`;
}

async function faults(some: readonly Row[]): Promise<string[]> {
  const found: string[] = [];
  for (const row of some) {
    const wrong = await fault(row).catch((error: Error) => `${row.what}: ${error.message}`);
    if (wrong !== null) found.push(wrong);
  }
  return found;
}

test("there are at least 200, each different, and every code of the catalogue is among them", () => {
  expect(rows.length).toBeGreaterThanOrEqual(200);
  const seen = new Set(rows.map(({ bytes }) => Bun.hash(bytes)));
  expect(seen.size).toBe(rows.length);
  const codes = new Set<string>([...rows.map(({ code }) => code ?? ""), ...Object.keys(elsewhere)]);
  expect(Object.keys(errorCatalogue).filter((code) => !codes.has(code))).toEqual([]);
  for (const { status, code } of rows) {
    if (code !== null) expect([code, status]).toEqual([code, errorCatalogue[code].status]);
  }
});

describe("each gets the expected answer:", () => {
  for (const [kind, some] of Object.entries({ wire: wireRows, paths: pathRows, bodies: bodyRows })) {
    test(`${kind}, ${some.length} requests`, async () => {
      expect((await faults(some)).join("\n")).toBe("");
    }, 120_000);
  }
});

test("pipelined requests are each answered, in order", async () => {
  const ask = (path: string, more = "") =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`;
  const paths = ["/health", "/nope", "/api/v1/tasks/web", "/api/v1/tasks/none", "/version"];
  const last = ask("/ready", "Connection: close\r\n");
  const text = await whole(master.port, paths.map((path) => ask(path)).join("") + last);
  expect([...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual([
    "200",
    "404",
    "200",
    "404",
    "200",
    "200",
  ]);
}, 30_000);

/** All that comes until the other side closes. */
function whole(port: number, sent: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write(sent),
        data: (_, chunk) => {
          text += chunk.toString("latin1");
        },
        close: () => resolve(text),
        error: (_, error) => reject(error),
      },
    }).catch(reject);
  });
}

test(`sent ${rounds} times more, all at once, they change nothing, and the master does not grow`, async () => {
  const resident = () => metric("process_resident_memory_bytes");
  const first = await resident();
  for (let round = 0; round < rounds; round++) {
    const parts = Array.from({ length: 8 }, (_, part) => rows.filter((_, index) => index % 8 === part));
    expect((await Promise.all(parts.map(faults))).flat().join("\n")).toBe("");
  }
  expect(await everything()).toEqual(before);
  const grown = await until(
    "its memory",
    async () => {
      const now = (await resident()) - first;
      return now < growthBytes && { now };
    },
    30_000,
  );
  process.stderr.write(
    `${rows.length * (rounds + 1)} hostile requests: ${(grown.now / 2 ** 20).toFixed(1)} MiB grown\n`,
  );
  const metrics = await (await master.fetch("/metrics")).text();
  expect(metrics).not.toContain('status="500"');
  expect(master.output()).not.toMatch(/ERROR|failed inside/);
  master.process.mustRun();
}, 240_000);
