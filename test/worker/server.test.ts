// The worker's own HTTP server, over a real socket: who may read what, and logs as they come.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { logTimesHeader, timesOfEntries } from "../../src/api/log-times-header.ts";
import { listen } from "../../src/api/server/listen.ts";
import { concatenate, errorFrame, framedMediaType, frameOf, readFrames } from "../../src/lib/frames.ts";
import { silentLog } from "../../src/lib/log.ts";
import { limits } from "../../src/model/limits.ts";
import type { LogRequest } from "../../src/runtime/containers.ts";
import { EngineRefused, LogsUnavailable, SignalRefused } from "../../src/runtime/runtime-error.ts";
import { createServer } from "../../src/worker/server.ts";
import type { Worker } from "../../src/worker/worker.ts";
import { until } from "../../tools/lab/until.ts";
import { exchange } from "../hostile/raw.ts";
import { type Answer, expectRefusal } from "../master/in-process.ts";
import { World } from "./in-process.ts";

let world: World;
let worker: Worker;
const servers: ReturnType<typeof listen>[] = [];

beforeEach(async () => {
  world = new World();
  worker = await world.started();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
  await world.down();
});

function serve(token: string | null = null) {
  const access = new AccessControl({ server: "worker", token, allowedHosts: ["n1"] });
  const server = listen(
    createServer({ worker, runtime: world.runtime, access, log: silentLog, version: "test" }),
    "127.0.0.1",
    0,
  );
  servers.push(server);
  return async (path: string, init: RequestInit = {}): Promise<Answer<unknown> & { text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    const text = await answer.text();
    const json = answer.headers.get("content-type")?.startsWith("application/json");
    return {
      status: answer.status,
      headers: answer.headers,
      body: json && text !== "" ? JSON.parse(text) : text,
      text,
    };
  };
}

describe("without a token", () => {
  test("/health is answered, also if a token is set", async () => {
    const get = serve("secret");
    const nodeId = worker.nodeId;
    const well = { service: "podling-worker", status: "ok", message: "", nodeId, master: "up" };
    expect((await get("/health")).body).toEqual(well);
    world.runtime.goAway();
    await world.run("web", ["forever"]);
    await until("it to say so", async () => ((await get("/health")).body as { status: string }).status === "degraded");
    expect((await get("/health")).text).toContain("the simulated engine does not answer");
  });
});

describe("with a token", () => {
  test("only clients with it can read tasks, logs and metrics", async () => {
    const get = serve("secret");
    for (const path of ["/tasks", "/tasks/x", "/tasks/x/logs", "/api/v1/tasks/x/logs", "/metrics"]) {
      expectRefusal(await get(path), 401, "unauthorized");
      expectRefusal(await get(path, { headers: { authorization: "Bearer wrong" } }), 401, "unauthorized");
    }
    expect((await get("/tasks", { headers: { authorization: "Bearer secret" } })).body).toEqual([]);
  });
});

describe("the paths of Podling's first edition", () => {
  test("a task with the status of its container", async () => {
    const get = serve();
    const task = await world.run("web", ["forever"], { restartPolicy: "always", ports: [{ containerPort: 80 }] });
    await world.reached(task, "running");
    const { status, body } = await get(`/api/v1/tasks/${task.taskId}/status`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ taskId: task.taskId, name: "web", image: "demo", status: "running", restartPolicy: "always" },
      ...{ containerId: expect.any(String), startedAt: expect.any(String), exitCode: null, error: null },
    });
    expectRefusal(await get("/api/v1/tasks/none/status"), 404, "task-not-found");
  });

  test("the end of a log as one text", async () => {
    const get = serve();
    const task = await world.run("web", ["print", "one\ntwo\nthree\n", ""]);
    await world.reached(task, "running");
    const path = `/api/v1/tasks/${task.taskId}/logs`;
    expect((await get(path)).body).toEqual({ taskId: task.taskId, logs: "one\ntwo\nthree\n", tail: 100 });
    expect((await get(`${path}?tail=1`)).body).toEqual({ taskId: task.taskId, logs: "three\n", tail: 1 });
    expectRefusal(await get(`${path}?tail=x`), 400, "invalid-field");
    expectRefusal(await get("/api/v1/tasks/none/logs"), 404, "task-not-found");
  });

  test("a log that the engine ends early says why, and of a long one the end is given", async () => {
    const get = serve();
    const task = await world.run("web", ["forever"]);
    await world.reached(task, "running");
    const frames: Uint8Array[] = [];
    world.runtime.containers.logs = async () => new Response(concatenate(frames)).body;
    const logs = async () => (await get(`/api/v1/tasks/${task.taskId}/logs`)).body;
    frames.push(frameOf("stdout", Buffer.from("one\n")), errorFrame("the disk is damaged"));
    expect(await logs()).toMatchObject({ logs: "one\n\npodling: the log ends early: the disk is damaged\n" });
    const line = `${"x".repeat(64 * 1024 - 1)}\n`;
    frames.splice(0, 2, ...Array.from({ length: 40 }, () => frameOf("stdout", Buffer.from(line))));
    frames.push(frameOf("stderr", Buffer.from("last\n")));
    expect(await logs()).toMatchObject({ logs: `${line.repeat(17)}last\n`.slice(-(1024 ** 2)) });
  });
});

test("a log whose first line the engine has not found yet is answered at once", async () => {
  serve();
  const task = await world.run("web", ["forever"]);
  await world.reached(task, "running");
  world.runtime.containers.logs = async () => new ReadableStream({ pull: () => new Promise(() => {}) });
  const leaving = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${servers[0]!.port}/tasks/${task.taskId}/logs`, leaving);
  expect(answer.status).toBe(200);
  leaving.abort();
});

describe("web pages", () => {
  test("reach nothing, under any host name", async () => {
    const get = serve();
    expectRefusal(await get("/tasks", { headers: { host: "evil.example" } }), 403, "forbidden-origin");
    expectRefusal(await get("/tasks", { headers: { origin: "http://evil.example" } }), 403, "forbidden-origin");
    expect((await get("/tasks", { headers: { host: "n1:8081" } })).status).toBe(200);
  });
});

describe("a request that no browser sends", () => {
  test.each([
    ["HTTP/1.0 without a Host header", "GET /health HTTP/1.0\r\n\r\n", 200],
    ["a Host with a port that is no number", "GET /tasks HTTP/1.1\r\nHost: localhost:abc\r\n\r\n", 403],
    ["a Host that makes no URL", "GET /tasks HTTP/1.1\r\nHost: [::\r\n\r\n", 401],
    ["a path that is a URL", "GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 200],
  ])("%s gets an answer of the API", async (_, request, status) => {
    serve("secret");
    const answer = await exchange(servers[0]!.port!, Buffer.from(request));
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatch(/content-type: application\/json/i);
    expect(answer.body.length).toBeLessThan(1000);
  });
});

describe("HEAD", () => {
  test("is answered like GET, and opens no log", async () => {
    const get = serve();
    const { taskId } = await world.reached(await world.run("web", ["forever"]), "running");
    const paths = [
      "/health",
      "/metrics",
      "/tasks",
      `/tasks/${taskId}`,
      "/cleanup",
      `/tasks/${taskId}/logs?follow=true`,
    ];
    for (const path of paths) {
      const head = await get(path, { method: "HEAD" });
      expect([path, head.status, head.text]).toEqual([path, 200, ""]);
    }
    expectRefusal(await get("/tasks/none"), 404, "task-not-found");
    expect((await get("/tasks/none", { method: "HEAD" })).status).toBe(404);
  });
});

describe("what it refuses", () => {
  test("an unknown path, with the list of known ones", async () => {
    const get = serve();
    expectRefusal(await get("/nothing"), 404, "route-not-found");
    expectRefusal(await get("/tasks/none"), 404, "task-not-found");
    expectRefusal(await get("/tasks/none/logs"), 404, "task-not-found");
    expectRefusal(await get("/tasks", { method: "POST", body: "{}" }), 405, "method-not-allowed");
  });

  test("a query that it does not know or understand", async () => {
    const get = serve();
    const { taskId } = await world.reached(await world.run("web", ["forever"]), "running");
    expectRefusal(await get(`/tasks/${taskId}/logs?colour=red`), 400, "unknown-field");
    expectRefusal(await get(`/tasks/${taskId}/logs?tail=many`), 400, "invalid-field");
    for (const since of ["yesterday", "5", "2025-02-30T00:00:00Z"])
      expectRefusal(await get(`/tasks/${taskId}/logs?since=${since}`), 400, "invalid-field");
  });

  test("logs and signals, while the engine is away", async () => {
    const get = serve();
    const { taskId } = await world.reached(await world.run("web", ["forever"]), "running");
    world.runtime.goAway();
    expectRefusal(await get(`/tasks/${taskId}/logs`), 503, "node-unreachable");
    expectRefusal(await get(`/tasks/${taskId}/kill?signal=HUP`, { method: "POST" }), 503, "node-unreachable");
  });

  test("a signal that does not exist, or that nothing can get", async () => {
    const ask = serve();
    const { taskId } = await world.reached(await world.run("web", ["forever"]), "running");
    const kill = (signal: string) => ask(`/tasks/${taskId}/kill?signal=${signal}`, { method: "POST" });
    expectRefusal(await kill("NOSUCH"), 400, "invalid-field");
    const { containers } = world.runtime;
    for (const [why, status, code] of [
      ["no-such-signal", 422, "unprocessable"],
      ["not-running", 409, "illegal-move"],
      ["no-container", 404, "task-not-found"],
    ] as const) {
      const kept = containers.kill;
      containers.kill = () => Promise.reject(new SignalRefused(why, "the engine says no"));
      expectRefusal(await kill("HUP"), status, code);
      containers.kill = kept;
    }
  });
});

describe("tasks", () => {
  test("assignment and container", async () => {
    const get = serve();
    const task = await world.reached(await world.run("web", ["forever"]), "running");
    const { body } = await get(`/tasks/${task.taskId}`);
    expect(body).toMatchObject({
      taskId: task.taskId,
      assignment: { name: "web" },
      found: { containerId: task.containerId },
    });
    expect((await get("/tasks")).body).toEqual([body]);
  });

  test("metrics count them", async () => {
    const get = serve();
    await world.reached(await world.run("web", ["forever"]), "running");
    await world.reached(await world.run("job", ["exit", "0"]), "completed");
    const { text, headers } = await get("/metrics");
    expect(headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
    expect(text).toContain("podling_worker_containers_running 1\n");
    expect(text).toContain("podling_worker_containers_ended 1\n");
    expect(text).toContain("podling_worker_starts_total 2\n");
    expect(text).toMatch(/process_resident_memory_bytes [1-9]/);
    for (const line of text.trim().split("\n")) expect(line).toMatch(/^(# (HELP|TYPE) |[a-z_]+(\{[^}]*\})? [\d.e+]+$)/);
  });
});

describe("logs", () => {
  const printed = async () => (await world.reached(await world.run("web", ["print", "out", "err"]), "running")).taskId;

  test("come in frames, stdout and stderr apart", async () => {
    const get = serve();
    const taskId = await printed();
    const { headers, text } = await get(`/tasks/${taskId}/logs`);
    expect(headers.get("content-type")).toBe(framedMediaType);
    const frames = await Array.fromAsync(readFrames(new Response(text).body!));
    const said = frames.map(({ stream, payload }) => [stream, new TextDecoder().decode(payload)]);
    expect(said).toEqual([
      ["stdout", ""],
      ["stdout", "out\n"],
      ["stderr", "err\n"],
    ]);
    expect((await get(`/tasks/${taskId}/logs?stderr=false&timestamps=true`)).text).toMatch(/Z out\n$/);
  });

  test("that are followed begin at once, also if the container prints nothing, and end with it", async () => {
    serve();
    const task = await world.reached(await world.run("web", ["forever"]), "running");
    const answer = await fetch(`http://127.0.0.1:${servers[0]!.port}/tasks/${task.taskId}/logs?follow=true`);
    expect(answer.status).toBe(200);
    world.runtime.end(task.taskId, 0);
    const frames = await Array.fromAsync(readFrames(answer.body!));
    expect(frames.every(({ payload }) => payload.length === 0)).toBe(true);
  });

  test("that the engine does not keep are refused at once, with its log driver", async () => {
    const get = serve();
    const taskId = await printed();
    world.runtime.containers.logs = async () => {
      throw new LogsUnavailable("the log driver none keeps no logs that can be read (not supported)");
    };
    for (const query of ["", "?follow=true"]) {
      const refused = await get(`/tasks/${taskId}/logs${query}`);
      expectRefusal(refused, 409, "logs-unavailable");
      expect(refused.text).toContain("log driver none");
    }
  });

  test("that the engine refuses to read are refused with its own message", async () => {
    const get = serve();
    const taskId = await printed();
    world.runtime.containers.logs = async () => {
      throw new EngineRefused("the engine answered 500: the disk is damaged");
    };
    for (const path of [`/tasks/${taskId}/logs`, `/tasks/${taskId}/logs?follow=true`, `/api/v1/tasks/${taskId}/logs`]) {
      const refused = await get(path);
      expectRefusal(refused, 502, "engine-refused");
      expect(refused.text).toContain("the engine answered 500: the disk is damaged");
    }
  });

  test("that end early say why within the stream", async () => {
    const get = serve();
    const taskId = await printed();
    world.runtime.containers.logs = async () =>
      new ReadableStream<Uint8Array>({
        start: (to) => to.enqueue(frameOf("stdout", Buffer.from("one\n"))),
        pull: (to) => to.error(new Error("the engine has ended")),
      });
    const { text } = await get(`/tasks/${taskId}/logs`);
    await expect(Array.fromAsync(readFrames(new Response(text).body!))).rejects.toThrow("the engine has ended");
  });

  test("of neither stdout nor stderr, and since a time that is none, are refused", async () => {
    const get = serve();
    const taskId = await printed();
    expectRefusal(await get(`/tasks/${taskId}/logs?stdout=false&stderr=false`), 400, "invalid-field");
    expectRefusal(await get(`/tasks/${taskId}/logs?since=yesterday`), 400, "invalid-field");
  });

  test("have the time of each line, or of each entry if a master asks so", async () => {
    const asked: LogRequest[] = [];
    const get = serve();
    const taskId = await printed();
    world.runtime.containers.logs = async (_, request) => {
      asked.push(request);
      return new ReadableStream<Uint8Array>({ start: (to) => to.close() });
    };
    await get(`/tasks/${taskId}/logs?timestamps=true`);
    await get(`/tasks/${taskId}/logs?timestamps=true`, { headers: { [logTimesHeader]: timesOfEntries } });
    expect(asked.map(({ timestamps }) => timestamps)).toEqual(["lines", "entries"]);
  });

  test("that are followed have a bound, and a reader that leaves frees a place", async () => {
    const get = serve();
    const taskId = await printed();
    const url = `http://127.0.0.1:${servers[0]!.port}/tasks/${taskId}/logs?follow=true`;
    const leaving = new AbortController();
    // A response that no variable holds is closed when memory is collected, and frees its place.
    const held: Response[] = [];
    for (let i = 0; i < limits.logStreams; i++) held.push(await fetch(url, { signal: leaving.signal }));
    expect(held.filter(({ status }) => status === 200).length).toBe(limits.logStreams);
    const refused = await get(`/tasks/${taskId}/logs?follow=true`);
    expectRefusal(refused, 429, "too-many");
    expect(refused.headers.get("retry-after")).not.toBeNull();
    expect(held.every(({ bodyUsed }) => !bodyUsed)).toBe(true);
    leaving.abort();
    await until("a free stream", async () => (await get(`/tasks/${taskId}/logs`)).status === 200);
  });
});
