// Heartbeats over WebSocket connections to a real master: what is answered, when the master ends the stream, and that a
// node's lease is renewed.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { shortAnswer } from "../../src/api/prefer-header.ts";
import { openSocketStream } from "../../src/api/socket-stream.ts";
import type { DuplexListener, DuplexStream } from "../../src/lib/duplex.ts";
import { silentLog } from "../../src/lib/log.ts";
import { HeartbeatStreams } from "../../src/master/node-health/heartbeat-streams.ts";
import type { NodeRecord } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, TestClock, TestMaster } from "./in-process.ts";

const second = 1000;
let clock: TestClock;
let podling: TestMaster;
let nodeId: string;

beforeEach(async () => {
  clock = new TestClock();
  podling = new TestMaster({ clock });
  nodeId = await registered();
});
afterEach(() => podling.stop());

async function registered(): Promise<string> {
  const node = { hostname: "n1", port: 1, address: "127.0.0.1", version: "1" };
  return (await podling.do<{ nodeId: string }>("POST", "/api/v1/nodes/register", node)).nodeId;
}

const open = (id = nodeId, headers: Record<string, string> = {}) =>
  openSocketStream(`${podling.url}/api/v1/nodes/${id}/heartbeat`, headers);

/** Sends a heartbeat; the answer as text, or null if the master ended the stream. */
async function beat(stream: DuplexStream): Promise<string | null> {
  await stream.write(Uint8Array.of(0x2e));
  const bytes = await stream.read();
  return bytes && new TextDecoder().decode(bytes);
}

const status = async () => (await podling.do<{ status: string }>("GET", `/api/v1/nodes/${nodeId}`)).status;

test("the first answer is that of a request, and the next ones are empty lines until it changes", async () => {
  const stream = await open();
  const { body: asked } = await podling.ask("POST", `/api/v1/nodes/${nodeId}/heartbeat`, { headers: shortAnswer });
  expect(JSON.parse((await beat(stream))!)).toEqual(asked);
  expect([await beat(stream), await beat(stream)]).toEqual(["\n", "\n"]);
  await podling.do("POST", `/api/v1/nodes/${nodeId}/heartbeat`, { engineError: "away" });
  expect(JSON.parse((await beat(stream))!)).toMatchObject({ engineError: "away" });
  expect(await beat(stream)).toBe("\n");
  expect(await podling.do<string>("GET", "/metrics")).toContain("\npodling_heartbeats_total 7\n");
});

test("a stream keeps its node online; without heartbeats the node is lost, and the next one ends the stream", async () => {
  const stream = await open();
  for (let i = 0; i < 10; i++) {
    await clock.advance(2 * second);
    await beat(stream);
  }
  expect(await status()).toBe("online");
  await clock.advance(10 * second);
  await until("the node is lost", async () => (await status()) === "offline");
  expect(await beat(stream)).toBeNull();
  expect(await status()).toBe("offline"); // a request would bring it back
});

test("a second stream of a node replaces the first; when that repeats, the log says that two workers may have one id", async () => {
  const warnings: [string, object | undefined][] = [];
  const log = { ...silentLog, warn: (message: string, fields?: object) => void warnings.push([message, fields]) };
  const logged = new TestMaster({ clock, log });
  const node = { hostname: "n1", port: 1, address: "127.0.0.1", version: "1" };
  const { nodeId } = await logged.do<{ nodeId: string }>("POST", "/api/v1/nodes/register", node);
  const openHere = () => openSocketStream(`${logged.url}/api/v1/nodes/${nodeId}/heartbeat`);
  const first = await openHere();
  const second = await openHere();
  await first.closed;
  expect(await beat(second)).not.toBeNull();
  expect(warnings).toEqual([]); // one worker whose connection broke does the same
  const third = await openHere();
  await second.closed;
  expect(await beat(third)).not.toBeNull();
  const fields = { node: "n1", nodeId, address: "127.0.0.1", earlierAddress: "127.0.0.1" };
  expect(warnings).toEqual([
    [expect.stringContaining("if two workers run with one node id, stop one of them"), fields],
  ]);
  await logged.stop();
});

test("a node that was deregistered, and nodes that never were, get no stream", async () => {
  const stream = await open();
  await beat(stream);
  await podling.do("POST", `/api/v1/nodes/${nodeId}/deregister`);
  expect(await beat(stream)).toBeNull();
  await expect(open()).rejects.toThrow("did not open a stream");
  const plain = await podling.ask("GET", `/api/v1/nodes/${await registered()}/heartbeat`);
  expect(plain.status).toBe(400);
});

test("a stream that breaks says nothing about its node", async () => {
  const stream = await open();
  await beat(stream);
  stream.abort("the worker was killed");
  await stream.closed;
  await breathe();
  expect(await podling.do("GET", `/api/v1/nodes/${nodeId}`)).toMatchObject({ status: "online", suspect: null });
});

test("with a token a stream needs it, and a master that stops ends its streams", async () => {
  const guarded = new TestMaster({ clock, token: "s3cret" });
  const authorization = { authorization: "Bearer s3cret" };
  const node = { hostname: "n1", port: 1, address: "127.0.0.1", version: "1" };
  const made = await guarded.ask<{ nodeId: string }>("POST", "/api/v1/nodes/register", {
    ...{ body: node, headers: authorization },
  });
  const url = `${guarded.url}/api/v1/nodes/${made.body.nodeId}/heartbeat`;
  await expect(openSocketStream(url)).rejects.toThrow("did not open a stream");
  const stream = await openSocketStream(url, authorization);
  expect(await beat(stream)).not.toBeNull();
  await guarded.stop();
  await stream.closed;
});

test("a stream whose heartbeat cannot be processed is closed", async () => {
  const fails = () => {
    throw new Error("a bug");
  };
  const aborted = Promise.withResolvers<string>();
  const listen = (listener: DuplexListener) => listener.onBytes(Uint8Array.of(0x2e));
  const stream = { listen, abort: aborted.resolve, closed: new Promise(() => {}) };
  const streams = new HeartbeatStreams({ beat: fails } as never, {} as never, {} as never);
  streams.serve({ nodeId: "n" } as NodeRecord, stream as never, null);
  expect(await aborted.promise).toBe("a bug");
});

test("opening is given up with its signal", async () => {
  const asked = Promise.withResolvers<void>();
  const socket = { data: () => asked.resolve() };
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  const giveUp = new AbortController();
  const opening = openSocketStream(`http://127.0.0.1:${silent.port}/`, {}, giveUp.signal);
  await asked.promise;
  giveUp.abort();
  await expect(opening).rejects.toThrow("did not open a stream");
  silent.stop(true);
});
