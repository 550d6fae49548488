// Upgraded connections over real sockets: the HTTP shell with one handler that takes the connection over, and clients
// that write, read slowly, end, disconnect, or ask without an upgrade.

import { afterEach, describe, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { operations } from "../../src/api/operations/operations.ts";
import { listen as serve } from "../../src/api/server/listen.ts";
import { createShell } from "../../src/api/server/shell.ts";
import { openSocketStream } from "../../src/api/socket-stream.ts";
import type { DuplexStream } from "../../src/lib/duplex.ts";
import { silentLog } from "../../src/lib/log.ts";
import { HttpCounters } from "../../src/master/http/metrics.ts";
import { limits } from "../../src/model/limits.ts";
import { until } from "../../tools/lab/until.ts";

const path = "/api/v1/watch";
const servers: ReturnType<typeof serve>[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

/** A server whose watch operation upgrades its connection, and gives the stream to `use`. */
function listen(use: (stream: DuplexStream) => void, token: string | null = null) {
  const counters = new HttpCounters();
  const fetch = createShell({
    table: { watch: operations.watch },
    bodies: {},
    handlers: { watch: (call) => call.upgrade(use) },
    access: new AccessControl({ server: "master", token, allowedHosts: [] }),
    hint: "This server has one operation.",
    onAnswer: (method, status) => counters.count(method, status),
    log: silentLog,
  });
  const server = serve(fetch, "127.0.0.1", 0);
  servers.push(server);
  return { url: `http://127.0.0.1:${server.port}${path}`, counters };
}

async function readAll(stream: DuplexStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) parts.push(bytes);
  return Buffer.concat(parts);
}

test("bytes go both ways, and each direction ends by itself", async () => {
  const { url, counters } = listen(async (stream) => {
    const asked = await readAll(stream);
    await stream.write(Buffer.concat([Buffer.from("echo: "), asked]));
    stream.end();
  });
  const client = await openSocketStream(url);
  await client.write(Buffer.from("hello"));
  client.end();
  expect(Buffer.from(await readAll(client)).toString()).toBe("echo: hello");
  await client.closed;
  expect(counters.samples()).toEqual([['method="GET",status="101"', 1]]);
});

test("both ends write tens of megabytes at once", async () => {
  const size = 32 * 1024 * 1024 + 3;
  const send = async (stream: DuplexStream) => {
    await stream.write(new Uint8Array(size).fill(5));
    stream.end();
  };
  const received: number[] = [];
  const { url } = listen((stream) => {
    void send(stream);
    void readAll(stream).then(({ length }) => received.push(length));
  });
  const client = await openSocketStream(url);
  const [back] = await Promise.all([readAll(client), send(client)]);
  await until("the server has read all", () => received.length === 1);
  expect([back.length, received[0]]).toEqual([size, size]);
});

/** Writes windows until one does not go through, and gives the bytes that did. */
function flood(stream: DuplexStream): { written: number } {
  const state = { written: 0 };
  void (async () => {
    for (;;) {
      await stream.write(new Uint8Array(limits.duplexFrameBytes));
      state.written += limits.duplexFrameBytes;
    }
  })().catch(() => {});
  return state;
}

describe("an end that does not read makes the writer wait", () => {
  test("the server's writer", async () => {
    let flooded = { written: 0 };
    let server: DuplexStream | undefined;
    const { url } = listen((stream) => {
      server = stream;
      flooded = flood(stream);
    });
    const client = await openSocketStream(url);
    await until("the window is full", () => flooded.written === limits.duplexWindowBytes);
    await client.write(Uint8Array.of(1));
    expect(await server!.read()).toEqual(Uint8Array.of(1));
    expect(flooded.written).toBe(limits.duplexWindowBytes);
    await client.read();
    await client.read();
    await until("reading lets it go on", () => flooded.written > limits.duplexWindowBytes);
  });

  test("the client's writer", async () => {
    let stream: DuplexStream | undefined;
    const { url } = listen((opened) => {
      stream = opened;
    });
    const client = await openSocketStream(url);
    const flooded = flood(client);
    await until("the window is full", () => flooded.written === limits.duplexWindowBytes);
    await stream!.write(Uint8Array.of(1));
    expect(await client.read()).toEqual(Uint8Array.of(1));
    expect(flooded.written).toBe(limits.duplexWindowBytes);
    for (let read = 0; read < limits.duplexWindowBytes; ) read += (await stream!.read())!.length;
    await until("reading lets it go on", () => flooded.written > limits.duplexWindowBytes);
  });
});

describe("an end that goes away", () => {
  test("the client: the server's read and write reject", async () => {
    const ends: string[] = [];
    const { url } = listen((stream) => {
      stream.read().catch((error: Error) => ends.push(`read: ${error.name}`));
      void flood(stream);
      void stream.closed.then(() => ends.push("closed"));
    });
    const client = await openSocketStream(url);
    client.abort("the user pressed Ctrl-C");
    await until("the server knows", () => ends.length === 2);
    expect(ends.sort()).toEqual(["closed", "read: StreamBroken"]);
  });

  test("a client that vanishes without a close frame", async () => {
    let closed = false;
    const { url } = listen((stream) => void stream.closed.then(() => (closed = true)));
    const socket = new WebSocket(url.replace("http", "ws"));
    await new Promise((resolve) => (socket.onopen = resolve));
    socket.terminate();
    await until("the server knows", () => closed);
  });

  test("the server: the client gets its reason", async () => {
    const { url } = listen((stream) => stream.abort("the container has exited"));
    const client = await openSocketStream(url);
    await expect(client.read()).rejects.toThrow("the other end closed the stream: the container has exited");
  });
});

test("a text message closes the stream", async () => {
  const { url } = listen(() => {});
  const socket = new WebSocket(url.replace("http", "ws"));
  const code = await new Promise<number>((resolve) => {
    socket.onopen = () => socket.send("text");
    socket.onclose = (event) => resolve(event.code);
  });
  expect(code).toBe(4002);
});

test("a request without an upgrade is refused, and so is an upgrade without the token or from another site", async () => {
  const { url } = listen(() => {}, "s3cret");
  const plain = await fetch(url, { headers: { authorization: "Bearer s3cret" } });
  expect([plain.status, await plain.json()]).toEqual([400, expect.objectContaining({ code: "invalid-field" })]);
  await expect(openSocketStream(url)).rejects.toThrow("did not open a stream");
  const origin = { authorization: "Bearer s3cret", origin: "http://evil.example" };
  await expect(openSocketStream(url, origin)).rejects.toThrow("did not open a stream");
  const client = await openSocketStream(url, { authorization: "Bearer s3cret" });
  client.abort("done");
});
