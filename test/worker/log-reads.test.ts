// The log reads of a worker over an engine that holds its answers back: each read is open at once, and each end of one frees
// its place.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { framedMediaType, frameOf, readFrames } from "../../src/lib/frames.ts";
import { EngineHttp } from "../../src/runtime/docker/engine-http.ts";
import { openLogs } from "../../src/runtime/docker/logs.ts";
import { LogReads } from "../../src/worker/log-reads.ts";
import { until } from "../../tools/lab/until.ts";

const folder = mkdtempSync(join(tmpdir(), "podling-log-reads-"));
const unix = join(folder, "docker.sock");
/** The engine's answer to the request that asks if the log can be read, and to the others. */
let check: () => Response | Promise<Response>;
let answer: () => Response | Promise<Response>;
/** Requests for the log that the engine has received. */
let asked: number;
const engine = Bun.serve({
  unix,
  fetch({ url }) {
    const { pathname, searchParams } = new URL(url);
    if (pathname === "/_ping") return new Response("OK", { headers: { "api-version": "1.41" } });
    if (pathname.endsWith("/json")) return Response.json({});
    asked++;
    return searchParams.get("tail") === "1" ? check() : answer();
  },
});
afterAll(async () => {
  await engine.stop(true);
  rmSync(folder, { recursive: true });
});

let reads: LogReads;
let leaving: AbortController;

beforeEach(() => {
  reads = readsOf(unix);
  leaving = new AbortController();
  asked = 0;
  check = () => new Response();
  answer = () => new Promise(() => {});
});

function readsOf(socket: string): LogReads {
  const http = new EngineHttp(`unix://${socket}`);
  const logs = (...of: Parameters<LogReads["open"]>) => openLogs(http, ...of);
  return new LogReads({ containers: { logs } } as never);
}

const request = { follow: false, tail: null, sinceMs: null, timestamps: "none", stdout: true, stderr: true } as const;
const kinds = [{}, { sinceMs: 1000 }, { tail: 5 }, { follow: true }, { follow: true, tail: 5 }];
const open = (more: object = {}) => reads.open("c1", { ...request, ...more }, leaving.signal);

async function opened(more: object = {}): Promise<ReadableStream<Uint8Array>> {
  const outcome = await open(more);
  if (!outcome.ok || outcome.value === null) throw new Error("it was refused");
  return outcome.value;
}

const refuses = (status: number, message: string) => () => Response.json({ message }, { status });
const line = frameOf("stdout", Buffer.from("2025-01-19T12:00:00.000000000Z one\n"));

describe.each(kinds)("a read with %j, of which the engine holds the headers back", (more) => {
  test("answers at once over HTTP, and ends with its client", async () => {
    const server = Bun.serve({
      ...{ port: 0, hostname: "127.0.0.1", idleTimeout: 0 },
      fetch: async ({ signal }) => {
        const outcome = await reads.open("c1", { ...request, ...more }, signal);
        const body = outcome.ok ? outcome.value : null;
        return new Response(body, { headers: { "content-type": framedMediaType } });
      },
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/`, { signal: leaving.signal });
    expect([response.status, reads.size]).toEqual([200, 1]);
    await until("the engine to be asked", () => asked === 2);
    leaving.abort();
    await until("its place to be free", () => reads.size === 0);
    await server.stop(true);
  });

  test("begins with an empty frame, and ends when its reader leaves", async () => {
    const reader = (await opened(more)).getReader();
    expect((await reader.read()).value).toHaveLength(8);
    void reader.read().catch(() => {});
    await until("the engine to be asked", () => asked === 2);
    expect(reads.size).toBe(1);
    await reader.cancel();
    expect(reads.size).toBe(0);
  });

  test("ends when its signal aborts", async () => {
    const reader = (await opened(more)).getReader();
    await reader.read();
    const next = reader.read();
    await until("the engine to be asked", () => asked === 2);
    leaving.abort();
    expect((await next).done).toBe(true);
    expect(reads.size).toBe(0);
  });

  test("ends with the engine's error as its last frame", async () => {
    const found = Promise.withResolvers<void>();
    answer = () => found.promise.then(refuses(500, "the disk is damaged"));
    const body = await opened(more);
    found.resolve();
    await expect(Array.fromAsync(readFrames(body))).rejects.toThrow("the disk is damaged");
    expect(reads.size).toBe(0);
  });

  test("ends with the log", async () => {
    const found = Promise.withResolvers<void>();
    answer = () => found.promise.then(() => new Response(line));
    const body = await opened(more);
    found.resolve();
    const frames = await Array.fromAsync(readFrames(body));
    expect(frames.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["", "one\n"]);
    expect(reads.size).toBe(0);
  });
});

describe.each(kinds)("a read with %j is refused before it begins", (more) => {
  test.each([
    ["the engine refuses", 500, "the disk is damaged", "engine-refused"],
    ["the log driver keeps none", 501, "configured logging driver does not support reading", "logs-unavailable"],
    ["the engine says why not", 409, "dead or marked for removal", "logs-unavailable"],
  ])("if %s", async (_, status, message, code) => {
    check = refuses(status, message);
    expect(await open(more)).toMatchObject({
      ok: false,
      refusal: { code, message: expect.stringContaining(message), hint: expect.stringMatching(/\.$/) },
    });
    expect(reads.size).toBe(0);
  });

  test("if there is no such container", async () => {
    check = refuses(404, "No such container: c1");
    expect(await open(more)).toEqual({ ok: true, value: null });
    expect(reads.size).toBe(0);
  });

  test("if the engine is away", async () => {
    reads = readsOf(join(folder, "none.sock"));
    expect(await open(more)).toMatchObject({ ok: false, refusal: { code: "node-unreachable" } });
    expect(reads.size).toBe(0);
  });

  test("if its client leaves while the engine is asked", async () => {
    check = () => new Promise(() => {});
    const opening = open(more);
    await until("the engine to be asked", () => asked === 1);
    expect(reads.size).toBe(1);
    leaving.abort();
    expect(await opening).toEqual({ ok: true, value: null });
    expect(reads.size).toBe(0);
  });
});
