// Two-way streams over the simulated network: a connection that a server upgrades carries bytes both ways, with
// back-pressure, and breaks in either direction as a request does.

import { expect, test } from "bun:test";
import { upgraded } from "../../src/api/connection.ts";
import { type DuplexListener, type DuplexStream, StreamBroken } from "../../src/lib/duplex.ts";
import { limits } from "../../src/model/limits.ts";
import { Host } from "../../src/sim/world/host.ts";
import { Network } from "../../src/sim/world/network.ts";
import { Process } from "../../src/sim/world/process.ts";
import { World } from "../../src/sim/world/world.ts";

const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes));
const bytes = (words: string) => new TextEncoder().encode(words);

/** A client and a server that upgrades every request. */
async function connected(seed = 1) {
  const world = new World(seed);
  const network = new Network(world);
  const hosts = ["client", "server"].map((name) => new Host(world, name));
  for (const host of hosts) network.addHost(host);
  const [client, server] = hosts.map((host) => new Process(world, host, "program"));
  let atServer: DuplexStream | null = null;
  network.listen(server!, 80, async (_, connection) => {
    expect(connection.peer()).toEqual({ address: "client" });
    expect(connection.upgrade((stream) => (atServer = stream))).toBe(true);
    return upgraded();
  });
  const opening = network.streamsFor(client!)("http://server:80/exec");
  await pass(world, 100);
  return { world, network, client: client!, server: server!, near: await opening, far: atServer! as DuplexStream };
}

/** Lets virtual time pass. */
async function pass(world: World, ms: number): Promise<void> {
  world.run(world.now + ms, 100_000);
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** What became of a promise so far. */
function outcomeOf<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const outcome: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => Object.assign(outcome, { value }),
    (error) => Object.assign(outcome, { error }),
  );
  return outcome;
}

test("bytes arrive in order in both directions, and each direction ends by itself", async () => {
  const { world, near, far } = await connected();
  await near.write(bytes("one "));
  await near.write(bytes("two"));
  near.end();
  await far.write(bytes("answer"));
  const read = { first: outcomeOf(far.read()), answer: outcomeOf(near.read()) };
  await pass(world, 50);
  expect(text(read.first.value!)).toBe("one ");
  expect(text(read.answer.value!)).toBe("answer");
  const rest = outcomeOf(far.read());
  await pass(world, 50);
  expect(text(rest.value!)).toBe("two");
  const last = outcomeOf(far.read());
  const closed = outcomeOf(near.closed.then(() => true));
  await pass(world, 50);
  expect(last.value).toBeNull();
  expect(closed.value).toBeUndefined();
  far.end();
  await pass(world, 50);
  expect(closed.value).toBe(true);
});

test.each(["client to server", "server to client"])("a writer waits for its reader: %s", async (direction) => {
  const { world, near, far } = await connected();
  const [writer, reader] = direction === "client to server" ? [near, far] : [far, near];
  const size = limits.duplexWindowBytes * 2;
  const written = outcomeOf(writer.write(new Uint8Array(size)).then(() => true));
  await pass(world, 1000);
  expect(written.value).toBeUndefined();
  let got = 0;
  while (got < size) {
    const read = outcomeOf(reader.read());
    await pass(world, 10);
    got += read.value!.length;
  }
  expect(got).toBe(size);
  expect(written.value).toBe(true);
});

test.each([
  ["client", "server"],
  ["server", "client"],
])("a cut from %s to %s holds bytes back in that direction alone, until it heals", async (from, to) => {
  // In this world the connection goes on after the cut.
  const { world, network, near, far } = await connected(3);
  const [sender, receiver] = from === "client" ? [near, far] : [far, near];
  network.cut(from, to);
  await sender.write(bytes("held back"));
  await receiver.write(bytes("arrives"));
  const read = { held: outcomeOf(receiver.read()), other: outcomeOf(sender.read()) };
  await pass(world, 5000);
  expect(read.held).toEqual({});
  expect(text(read.other.value!)).toBe("arrives");
  network.heal(from, to);
  await pass(world, 5000);
  expect(read.held.error ?? text(read.held.value!)).toBe("held back");
});

test.each([
  ["the client's program ends", "client"],
  ["the server's program ends", "server"],
] as const)("the other end finds it broken when %s", async (_, which) => {
  const { world, client, server, near, far } = await connected();
  const [ending, left] = which === "client" ? [client, far] : [server, near];
  const read = outcomeOf(left.read());
  ending.kill();
  await pass(world, 100);
  expect(read.error).toBeInstanceOf(StreamBroken);
  expect(outcomeOf(left.write(bytes("x")))).toEqual({});
  await pass(world, 1);
});

test.each(["near", "far"] as const)("an end that aborts breaks both: %s", async (which) => {
  const { world, near, far } = await connected();
  const [ending, other] = which === "near" ? [near, far] : [far, near];
  const reads = [outcomeOf(ending.read()), outcomeOf(other.read())];
  ending.abort("enough");
  await pass(world, 100);
  for (const { error } of reads) expect((error as Error).message).toBe("enough");
});

test("a listener gets what arrived before and after, then the end; or that the connection broke", async () => {
  const { world, network, near, far } = await connected();
  const recorded = (): [string[], DuplexListener] => {
    const got: string[] = [];
    return [
      got,
      {
        onBytes: (some) => got.push(text(some)!),
        onEnd: () => got.push("the end"),
        onBroken: ({ message }) => got.push(message),
      },
    ];
  };
  const [atFar, farListener] = recorded();
  const [atNear, nearListener] = recorded();
  near.listen(nearListener);
  expect(near.trySend(bytes("one"))).toBe(true);
  await pass(world, 50);
  far.listen(farListener);
  near.trySend(bytes("two"));
  near.end();
  await pass(world, 50);
  expect(atFar).toEqual(["one", "two", "the end"]);
  expect(near.trySend(bytes("three"))).toBe(false);
  network.breakStreams(1);
  await pass(world, 50);
  expect(atNear).toEqual(["the connection was reset"]);
  expect(far.trySend(bytes("four"))).toBe(false);
});

test("a reset of the network breaks both ends", async () => {
  const { world, network, near, far } = await connected();
  const reads = [outcomeOf(near.read()), outcomeOf(far.read())];
  expect(network.breakStreams(1)).toBe(1);
  await pass(world, 100);
  for (const { error } of reads) expect(error).toBeInstanceOf(StreamBroken);
  expect(network.openStreams).toBe(0);
});
