// What one stream passes on to its socket: a large set in pieces, which wait in a queue that all clients share.

import { expect, test } from "bun:test";
import { systemClock } from "../../lib/clock.ts";
import { EventStream } from "./event-stream.ts";

const pieceBytes = 64 * 1024;

test("a large set goes to the socket in pieces, as fast as the client reads, and arrives whole", async () => {
  let closed = 0;
  const stream = new EventStream(systemClock, () => void closed++);
  const set = Uint8Array.from({ length: 20 * pieceBytes + 7 }, (_, index) => index % 251);
  stream.sendFirst(set);
  stream.send("change", "after the set");
  stream.close();
  const pieces = await Array.fromAsync(stream.body);
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(pieceBytes);
  const all = Buffer.concat(pieces);
  const start = all.indexOf(set.subarray(0, 64));
  expect(all.subarray(start, start + set.length).equals(set)).toBe(true);
  expect(all.subarray(start + set.length).toString()).toContain("after the set");
  expect(closed).toBe(1);
});

test("a client that does not read has taken one piece of the set", async () => {
  const stream = new EventStream(systemClock, () => {});
  stream.sendFirst(new Uint8Array(20 * pieceBytes));
  const reader = stream.body.getReader();
  const taken = (await reader.read()).value!.length + (await reader.read()).value!.length;
  expect(taken).toBeLessThanOrEqual(2 * pieceBytes);
  await reader.cancel();
});

test("pieces are made when the client reads, after what came before and before what comes later", async () => {
  let made = 0;
  const pieces = (function* () {
    for (; made < 1000; made++) yield new Uint8Array(pieceBytes).fill(made % 251);
  })();
  const stream = new EventStream(systemClock, () => {});
  stream.send("hello", "first");
  stream.sendPieces(pieces);
  stream.send("change", "last");
  expect(made).toBeLessThan(3);
  stream.close();
  const all = Buffer.concat(await Array.fromAsync(stream.body)).toString("latin1");
  expect(all.length).toBeGreaterThan(1000 * pieceBytes);
  expect(all.indexOf("first")).toBeLessThan(200);
  expect(all.indexOf("last")).toBeGreaterThan(1000 * pieceBytes);
});
