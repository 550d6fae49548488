// Two-way streams over messages: two ends that are wired together in memory, and an end that gets what no stream sends.

import { describe, expect, test } from "bun:test";
import { StreamBroken } from "../lib/duplex.ts";
import { limits } from "../model/limits.ts";
import { SocketStream } from "./socket-stream.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const bytesOf = (count: number, value = 7) => new Uint8Array(count).fill(value);

/** Two ends. What one sends is given to the other a microtask later, as sockets do it. */
function pair(): { left: SocketStream; right: SocketStream; closes: [number, string][] } {
  const closes: [number, string][] = [];
  const socketTo = (other: () => SocketStream) => ({
    send: (message: Uint8Array) => queueMicrotask(() => other().message(message)),
    close: (code: number, reason: string) => {
      closes.push([code, reason]);
      queueMicrotask(() => other().socketClosed(code, reason));
    },
  });
  const left: SocketStream = new SocketStream(socketTo(() => right));
  const right: SocketStream = new SocketStream(socketTo(() => left));
  return { left, right, closes };
}

async function readAll(stream: SocketStream): Promise<number> {
  let count = 0;
  for (let bytes = await stream.read(); bytes; bytes = await stream.read()) count += bytes.length;
  return count;
}

/** One end whose socket only records. */
function alone(): { stream: SocketStream; sent: Uint8Array[]; closes: [number, string][] } {
  const sent: Uint8Array[] = [];
  const closes: [number, string][] = [];
  const stream = new SocketStream({
    send: (message) => sent.push(message),
    close: (code, reason) => closes.push([code, reason]),
  });
  return { stream, sent, closes };
}

test("bytes arrive in order, in both directions, and each direction ends separately", async () => {
  const { left, right, closes } = pair();
  await left.write(Uint8Array.of(1, 2));
  await left.write(Uint8Array.of(3));
  left.end();
  expect(await right.read()).toEqual(Uint8Array.of(1, 2, 3));
  expect(await right.read()).toBeNull();
  await right.write(Uint8Array.of(9));
  expect(await left.read()).toEqual(Uint8Array.of(9));
  right.end();
  expect(await left.read()).toBeNull();
  await Promise.all([left.closed, right.closed]);
  expect(closes[0]).toEqual([1000, ""]);
});

test("a listener gets what arrived before and after, then the end", async () => {
  const { left, right } = pair();
  const got: string[] = [];
  expect(left.trySend(Uint8Array.of(1, 2))).toBe(true);
  await settle();
  right.listen({
    onBytes: (bytes) => got.push(bytes.join()),
    onEnd: () => got.push("end"),
    onBroken: ({ message }) => got.push(message),
  });
  left.trySend(Uint8Array.of(3));
  await settle();
  left.end();
  await settle();
  right.abort("enough");
  expect(got).toEqual(["1,2", "3", "end"]);
  expect(left.trySend(Uint8Array.of(4))).toBe(false);
});

test("a listener takes many windows, and is notified when the connection breaks, also before it listens", async () => {
  const { left, right } = pair();
  const got = { bytes: 0, broken: "" };
  const listener = {
    onBytes: ({ length }: Uint8Array) => (got.bytes += length),
    onEnd: () => {},
    onBroken: ({ message }: StreamBroken) => (got.broken = message),
  };
  right.listen(listener);
  await left.write(bytesOf(3 * limits.duplexWindowBytes));
  await settle();
  expect(got.bytes).toBe(3 * limits.duplexWindowBytes);
  left.abort("enough");
  await settle();
  expect(got.broken).toContain("enough");
  got.broken = "";
  right.listen(listener);
  expect(got.broken).toContain("enough");
});

test("what does not fit into the window is not sent at once", async () => {
  const { left } = pair();
  expect(left.trySend(bytesOf(limits.duplexFrameBytes + 1))).toBe(false);
  for (let sent = 0; sent < limits.duplexWindowBytes; sent += limits.duplexFrameBytes)
    expect(left.trySend(bytesOf(limits.duplexFrameBytes))).toBe(true);
  expect(left.trySend(Uint8Array.of(1))).toBe(false);
});

test("a writer sends at most the window while the other end does not read", async () => {
  const { left, right } = pair();
  let written = 0;
  const writing = (async () => {
    for (let i = 0; i < 64; i++) {
      await left.write(bytesOf(limits.duplexWindowBytes / 16));
      written += limits.duplexWindowBytes / 16;
    }
    left.end();
  })();
  await settle();
  expect(written).toBe(limits.duplexWindowBytes);
  expect(await readAll(right)).toBe(limits.duplexWindowBytes * 4);
  await writing;
});

test("both directions at once carry many windows", async () => {
  const { left, right } = pair();
  const total = limits.duplexWindowBytes * 5 + 11;
  const send = async (stream: SocketStream) => {
    await stream.write(bytesOf(total));
    stream.end();
  };
  const [there, back] = await Promise.all([readAll(right), readAll(left), send(left), send(right)]);
  expect([there, back]).toEqual([total, total]);
});

describe("an end that is cut off", () => {
  test("by the other end: a waiting read and a waiting write reject with its reason", async () => {
    const { left, right } = pair();
    const read = left.read();
    const write = left.write(bytesOf(limits.duplexWindowBytes + 1));
    await settle();
    right.abort("the container was removed");
    const closed = "the other end closed the stream: the container was removed";
    const outcomes = await Promise.allSettled([read, write]);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.message)).toEqual([closed, closed]);
    await expect(right.read()).rejects.toThrow(StreamBroken);
    await expect(right.write(bytesOf(1))).rejects.toThrow(StreamBroken);
    await Promise.all([left.closed, right.closed]);
  });

  test("without a close frame: received and unread data is dropped, because it may be incomplete", async () => {
    const { stream } = alone();
    stream.message(Uint8Array.of(0, 1, 2));
    stream.socketClosed(1006, "");
    await expect(stream.read()).rejects.toThrow("the connection was closed (1006)");
  });

  test("after the other end had ended: all of it can still be read", async () => {
    const { stream } = alone();
    stream.message(Uint8Array.of(0, 1, 2));
    stream.message(Uint8Array.of(2));
    stream.socketClosed(1006, "");
    expect(await stream.read()).toEqual(Uint8Array.of(1, 2));
    expect(await stream.read()).toBeNull();
  });
});

describe("a message that breaks the protocol closes the stream", () => {
  const window = limits.duplexWindowBytes;
  const rows: [what: string, messages: Uint8Array[]][] = [
    ["an empty message", [new Uint8Array(0)]],
    ["an unknown kind", [Uint8Array.of(9)]],
    ["a credit that is cut off", [Uint8Array.of(1, 0)]],
    ["more credit than the window", [Uint8Array.of(1, 0, 0, 0, 1)]],
    ["two ends", [Uint8Array.of(2), Uint8Array.of(2)]],
    ["data after the end", [Uint8Array.of(2), Uint8Array.of(0, 1)]],
    ["more data than its credit", [new Uint8Array(window + 1), Uint8Array.of(0, 1)]],
  ];
  test.each(rows)("%s", async (_, messages) => {
    const { stream, closes } = alone();
    for (const message of messages) stream.message(message);
    expect(closes.map(([code]) => code)).toEqual([4002]);
    await stream.closed;
    await expect(stream.write(bytesOf(1))).rejects.toThrow(StreamBroken);
  });
});

test("many small messages are kept as few", async () => {
  const { stream } = alone();
  for (let i = 0; i < 5000; i++) stream.message(Uint8Array.of(0, i % 256));
  const first = await stream.read();
  expect(first?.length).toBe(4096);
  expect((await stream.read())?.length).toBe(5000 - 4096);
});

test("a long reason is cut to what a close frame takes, between characters", () => {
  const { stream, closes } = alone();
  stream.abort("ü".repeat(100));
  expect(closes).toEqual([[4011, "ü".repeat(61)]]);
});
