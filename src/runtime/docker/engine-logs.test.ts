// Logs over the Engine API, where an engine refuses, ends early, or has lines of many entries.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concatenate, frameOf, readFrames } from "../../lib/frames.ts";
import { LogsUnavailable, RuntimeError } from "../runtime-error.ts";
import { EngineHttp } from "./engine-http.ts";
import { openLogs } from "./logs.ts";

const folder = mkdtempSync(join(tmpdir(), "podling-logs-"));
const unix = join(folder, "docker.sock");
let answer: (query: URLSearchParams) => Response = () => new Response();
const asked: URLSearchParams[] = [];
const engine = Bun.serve({
  unix,
  fetch({ url }) {
    const { pathname, searchParams } = new URL(url);
    if (pathname === "/_ping") return new Response("OK", { headers: { "api-version": "1.41" } });
    if (pathname.endsWith("/json")) return Response.json({ HostConfig: { LogConfig: { Type: "fluentd" } } });
    asked.push(searchParams);
    return answer(searchParams);
  },
});
afterAll(async () => {
  await engine.stop(true);
  rmSync(folder, { recursive: true });
});

const all = { follow: false, tail: null, sinceMs: null, timestamps: "none", stdout: true, stderr: true } as const;
const open = (more: { follow?: boolean; tail?: number | null; sinceMs?: number | null }, signal?: AbortSignal) =>
  openLogs(new EngineHttp(`unix://${unix}`), "c1", { ...all, ...more }, signal ?? new AbortController().signal);
const refuses = (status: number, message: string) => () => Response.json({ message }, { status });
const entry = (second: number, text: string) =>
  frameOf(
    "stdout",
    Buffer.from(
      `2025-01-19T12:${String(Math.floor(second / 60)).padStart(2, "0")}:${String(second % 60).padStart(2, "0")}.000000000Z ${text}`,
    ),
  );

/** As an engine answers: the last entries, as many as were asked for. */
const serves = (entries: Uint8Array[]) => (query: URLSearchParams) => {
  const tail = query.get("tail") === "all" ? entries.length : Number(query.get("tail"));
  return new Response(concatenate(tail === 0 ? [] : entries.slice(-tail)));
};

async function text(more: Parameters<typeof open>[0]): Promise<string> {
  let said = "";
  for await (const { payload } of readFrames((await open(more))!)) said += new TextDecoder().decode(payload);
  return said;
}

test("a refusal names the log driver, followed or not; another refusal is passed on; a failure is the engine's", async () => {
  for (const more of [{}, { follow: true }, { tail: 3 }, { follow: true, tail: 3 }]) {
    answer = refuses(501, "configured logging driver does not support reading");
    await expect(open(more)).rejects.toThrow("the log driver fluentd keeps no logs that can be read");
    answer = refuses(409, "can not get logs from container which is dead or marked for removal");
    await expect(open(more)).rejects.toThrow(
      "the engine does not give the logs: can not get logs from container which is dead",
    );
    await expect(open(more)).rejects.toBeInstanceOf(LogsUnavailable);
    answer = refuses(500, "something broke");
    await expect(open(more)).rejects.toBeInstanceOf(RuntimeError);
    answer = refuses(404, "No such container: c1");
    expect(await open(more)).toBeNull();
  }
});

test("a line of many entries is found by asking for more of them, at last for all", async () => {
  const part = "x".repeat(16 * 1024);
  const long = Array.from({ length: 2000 }, () => entry(2, part));
  answer = serves([entry(1, "one\n"), ...long, entry(2, "end\n"), entry(3, "last\n")]);
  asked.length = 0;
  expect((await text({ tail: 2 })).length).toBe(2000 * part.length + "end\nlast\n".length);
  expect(asked.map((query) => query.get("tail"))).toEqual(["1", "20", "80", "320", "1280", "all", "2203"]);
});

test("lines that are added between two requests are not counted, and a followed log goes on with them", async () => {
  const entries = Array.from({ length: 60 }, (_, second) => entry(second, `${second}\n`));
  const grows = (query: URLSearchParams) => {
    const response = serves(entries)(query);
    entries.push(entry(entries.length, `${entries.length}\n`));
    return response;
  };
  answer = grows;
  expect(await text({ tail: 2 })).toBe("59\n60\n");
  expect(await text({ tail: 2, follow: true })).toBe("62\n63\n64\n");
  expect(await text({ tail: 0 })).toBe("");
  expect(await text({ sinceMs: Date.parse("2025-01-19T12:01:07Z") })).toBe("67\n68\n");
});

test("a container that is removed before its log begins, and an answer that breaks off, end the stream with the reason", async () => {
  answer = (query) => (query.get("follow") === "1" ? refuses(404, "No such container")() : new Response());
  await expect(text({ follow: true })).rejects.toThrow("the container has been removed");
  answer = () => new Response(concatenate([entry(1, "one\n"), frameOf("error", Buffer.from("disk gone"))]));
  await expect(text({})).rejects.toThrow("the engine says: disk gone");
  answer = () => new Response(entry(1, "one\n").subarray(0, 20));
  await expect(text({})).rejects.toThrow("ends within a frame");
});

test("a log is open before the engine has found its first line, and a refusal after that is the last frame", async () => {
  for (const more of [{}, { sinceMs: 0 }, { tail: 0 }, { tail: 3 }, { follow: true }, { follow: true, tail: 3 }]) {
    const waiting = Promise.withResolvers<Response>();
    answer = (query) => (query.get("tail") === "1" ? new Response() : (waiting.promise as never));
    const body = (await open(more))!;
    waiting.resolve(refuses(500, "something broke")());
    await expect(Array.fromAsync(readFrames(body))).rejects.toThrow("answered 500: something broke");
  }
});

test("a reader that leaves, and a signal, end a request that waits", async () => {
  const waiting = Promise.withResolvers<Response>();
  answer = (query) => (query.get("follow") === "1" ? (waiting.promise as never) : new Response());
  const reader = (await open({ follow: true }))!.getReader();
  void reader.read().catch(() => {});
  await reader.cancel();
  const end = new AbortController();
  const reading = (await open({ follow: true }, end.signal))!.getReader().read();
  end.abort();
  expect((await reading).done).toBe(true);
  waiting.resolve(new Response());
});
