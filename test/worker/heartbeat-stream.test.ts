// Heartbeats over a two-way stream, on a clock that the test moves: what goes over it, and when the worker goes back to
// requests. The master is a fetch and a stream that the test answers.

import { afterEach, expect, test } from "bun:test";
import { Client } from "../../src/api/client.ts";
import { type DuplexListener, type DuplexStream, StreamBroken } from "../../src/lib/duplex.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { limits } from "../../src/model/limits.ts";
import { MasterLink } from "../../src/worker/link/master-link.ts";
import type { NodeDescription } from "../../src/worker/link/node-description.ts";
import { breathe, TestClock } from "../master/in-process.ts";

const second = 1000;
const answer = JSON.stringify({ nodeId: "n", nextHeartbeatMs: second, leaseMs: 3.5 * second, streamOpen: true });

/** The master's end of a stream: answers each heartbeat with the next of `lines`, or not at all. */
class FarEnd implements DuplexStream {
  readonly closed = new Promise<void>(() => {});
  beats = 0;
  silent = false;
  aborted = "";
  #listener: DuplexListener | null = null;

  say(text: string): void {
    queueMicrotask(() => this.#listener?.onBytes(new TextEncoder().encode(text)));
  }
  finish(): void {
    this.#listener?.onEnd();
  }
  break(): void {
    this.#listener?.onBroken(new StreamBroken("the connection was reset"));
  }
  listen(listener: DuplexListener): void {
    this.#listener = listener;
  }
  trySend(): boolean {
    this.beats++;
    if (!this.silent) this.say(this.beats === 1 ? `${answer}\n` : "\n");
    return true;
  }
  read(): Promise<Uint8Array | null> {
    throw new Error("a stream that is listened to is not read");
  }
  write(): Promise<void> {
    throw new Error("a heartbeat does not wait");
  }
  end(): void {}
  abort(reason: string): void {
    this.aborted = reason;
    this.#listener?.onBroken(new StreamBroken(reason));
  }
}

const ends: AbortController[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end.abort();
});

async function joined({ upgrades = true, silent = false, answering = Promise.resolve() } = {}) {
  const clock = new TestClock();
  const end = new AbortController();
  ends.push(end);
  const requests: { at: number; body: unknown }[] = [];
  const opened: string[] = [];
  const streams: FarEnd[] = [];
  let description: NodeDescription = { hostname: "n1", port: 1, version: "1" };
  const counters = { heartbeats: 0 };
  const fetch = async (url: string, init: RequestInit) => {
    if (url.endsWith("/register")) return Response.json({ nodeId: "n" }, { status: 201 });
    if (url.endsWith("/heartbeat")) {
      requests.push({ at: clock.elapsed(), body: init.body ?? null });
      await answering;
      return new Response(answer);
    }
    return new Response(new ReadableStream<Uint8Array>({}));
  };
  const openStream = async (url: string) => {
    opened.push(url);
    if (!upgrades) throw new StreamBroken("HTTP 405");
    const stream = new FarEnd();
    stream.silent = silent;
    streams.push(stream);
    return stream;
  };
  const link = new MasterLink({
    client: new Client({ baseUrl: "http://localhost:1", fetch, openStream, clock }),
    ...{ clock, random: seededRandom(1), log: silentLog, signal: end.signal, counters },
    node: { describe: () => description },
  });
  await link.join({ onRegistered() {}, onAssignmentEvent: async () => {}, onMasterBack() {} });
  await clock.advance(3 * second);
  const become = async (set: Partial<NodeDescription>) => {
    description = { ...description, ...set };
    link.onEngineNews();
    await breathe();
  };
  return { clock, link, requests, opened, streams, counters, become, end };
}

test("the first heartbeat is a request; all others without news go over the stream, and each is answered", async () => {
  const { clock, link, requests, opened, streams, counters } = await joined();
  await clock.advance(20 * second);
  expect(opened).toEqual(["http://localhost:1/api/v1/nodes/n/heartbeat"]);
  expect(requests).toHaveLength(1);
  expect(streams[0]!.beats).toBeGreaterThanOrEqual(22);
  expect(counters.heartbeats).toBe(streams[0]!.beats + 1);
  expect(link.up).toBe(true);
});

test("news about the engine are sent as a request, while the stream stays open", async () => {
  const { clock, requests, opened, become } = await joined();
  await become({ engineError: "away" });
  expect(requests.map(({ body }) => body)).toEqual([null, '{"engine":null,"engineError":"away"}']);
  await clock.advance(5 * second);
  expect([requests.length, opened.length]).toEqual([2, 1]);
});

test("a heartbeat without an answer is given up after a second, and a request follows in time for the lease", async () => {
  const { clock, link, requests, streams } = await joined();
  streams[0]!.silent = true;
  const beats = streams[0]!.beats;
  const from = clock.elapsed();
  await clock.advance(2.3 * second);
  expect(streams[0]!.beats).toBe(beats + 1);
  expect(streams[0]!.aborted).toBe("no answer within 1000 ms");
  expect(requests[1]!.at - from).toBeLessThan(2.2 * second);
  expect(link.up).toBe(true);
  // The request was answered, so there is a new stream.
  expect(streams).toHaveLength(2);
});

test("a stream that breaks under a heartbeat is replaced by a request at once", async () => {
  const { clock, requests, streams } = await joined();
  streams[0]!.silent = true;
  const beats = streams[0]!.beats;
  while (streams[0]!.beats === beats) await clock.advance(10);
  const at = clock.elapsed();
  streams[0]!.break();
  await breathe();
  await clock.advance(limits.retryInitialMs);
  expect(requests[1]!.at - at).toBeLessThanOrEqual(limits.retryInitialMs);
});

test("a master that ends the stream instead of an answer gets the same heartbeat as a request", async () => {
  const { clock, requests, streams } = await joined();
  streams[0]!.silent = true;
  const beats = streams[0]!.beats;
  while (streams[0]!.beats === beats) await clock.advance(10);
  const at = clock.elapsed();
  streams[0]!.finish();
  await breathe();
  expect(requests.slice(1)).toEqual([{ at, body: null }]);
});

test("an answer in pieces, and one that is no JSON", async () => {
  const { clock, link, requests, streams } = await joined();
  const [stream] = streams;
  stream!.silent = true;
  let beats = stream!.beats;
  while (stream!.beats === beats) await clock.advance(10);
  for (const piece of [answer.slice(0, 10), answer.slice(10), "\n"]) stream!.say(piece);
  await breathe();
  beats = stream!.beats;
  while (stream!.beats === beats) await clock.advance(10);
  expect(requests).toHaveLength(1);
  stream!.say("no JSON\n");
  await breathe();
  await clock.advance(limits.retryInitialMs);
  expect(requests).toHaveLength(2);
  expect(link.up).toBe(true);
});

test("a master without such streams gets requests, and is asked again ever less often", async () => {
  const { clock, requests, opened } = await joined({ upgrades: false });
  await clock.advance(60 * second);
  expect(requests.length).toBeGreaterThan(60);
  expect(opened.length).toBeGreaterThan(3);
  expect(opened.length).toBeLessThan(8);
});

test("streams that open and are never answered are opened ever less often", async () => {
  const { clock, requests, streams, link } = await joined({ silent: true });
  await clock.advance(60 * second);
  expect(requests.length).toBeGreaterThan(45);
  expect(streams.length).toBeGreaterThan(3);
  expect(streams.length).toBeLessThan(8);
  expect(link.up).toBe(true);
});

test("a response that is read after the end opens no stream", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { opened, end } = await joined({ answering: promise });
  end.abort();
  resolve();
  await breathe();
  expect(opened).toEqual([]);
});

test("after its end the stream is closed and nothing is sent", async () => {
  const { clock, requests, streams, end } = await joined();
  const { beats } = streams[0]!;
  end.abort();
  await clock.advance(10 * second);
  expect(streams[0]!.aborted).toBe("the worker stops");
  expect([streams[0]!.beats, requests.length]).toEqual([beats, 1]);
});
