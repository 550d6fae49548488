// Requests over the simulated network whose body is a stream: it arrives piece by piece, and breaks at both ends when one of them
// stops, or when the connection does.

import { expect, test } from "bun:test";
import { Host } from "../../src/sim/world/host.ts";
import { Network } from "../../src/sim/world/network.ts";
import { Process } from "../../src/sim/world/process.ts";
import { World } from "../../src/sim/world/world.ts";

/** A stream that its owner feeds, and which says whether its reader has left. */
class Source {
  feed!: ReadableStreamDefaultController<Uint8Array>;
  left = false;
  readonly stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      this.feed = controller;
    },
    cancel: () => {
      this.left = true;
    },
  });

  send(...values: number[]): void {
    for (const value of values) this.feed.enqueue(Uint8Array.of(value));
  }
}

/** A client that uploads to a server, which records what arrives and answers at the end, or as `handle` says. */
async function uploading({ handle, duplicates = 0 }: { handle?: () => Promise<Response>; duplicates?: number } = {}) {
  const world = new World(1);
  const network = new Network(world);
  const hosts = ["client", "server"].map((name) => new Host(world, name));
  for (const host of hosts) network.addHost(host);
  const [client, server] = hosts.map((host) => new Process(world, host, "program"));
  const got: (number | string)[] = [];
  let connections = 0;
  const readAll = async ({ body, headers }: Request) => {
    connections++;
    try {
      for await (const piece of body!) got.push(piece[0]!);
      got.push("end");
    } catch (error) {
      got.push((error as { code?: string }).code ?? "error");
    }
    return new Response(headers.get("content-length"));
  };
  network.listen(server!, 80, handle ?? readAll);
  const source = new Source();
  network.link("client", "server").duplicates = duplicates;
  const outcome: { status?: number; error?: Error } = {};
  const init = { method: "PUT", body: source.stream, headers: { "content-type": "application/x-tar" } };
  network
    .fetchFor(client!)("http://server:80/file", init)
    .then(
      ({ status }) => Object.assign(outcome, { status }),
      (error) => Object.assign(outcome, { error }),
    );
  const platform = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pass = async (ms = 50) => {
    await platform();
    world.run(world.now + ms, 100_000);
    await platform();
  };
  await pass();
  return { network, client: client!, server: server!, source, got, outcome, pass, connections: () => connections };
}

test("pieces arrive in order, as they are sent; the answer comes after the end", async () => {
  const { network, source, got, outcome, pass } = await uploading();
  source.send(1, 2);
  await pass();
  expect([got, outcome]).toEqual([[1, 2], {}]);
  expect(network.openStreams).toBe(1);
  source.send(3);
  source.feed.close();
  await pass();
  expect(got).toEqual([1, 2, 3, "end"]);
  expect(outcome.status).toBe(200);
  expect(network.openStreams).toBe(0);
});

test("a server that answers before the end has the client's stream ended", async () => {
  const { source, outcome, pass } = await uploading({ handle: async () => new Response(null, { status: 409 }) });
  await pass();
  expect([outcome.status, source.left]).toEqual([409, true]);
});

test("a client whose stream fails closes the connection", async () => {
  const { source, got, outcome, pass } = await uploading();
  source.send(1);
  await pass();
  source.feed.error(new Error("the file is gone"));
  await pass();
  expect(got).toEqual([1, "ECONNRESET"]);
  expect(outcome.error?.message).toBe("the file is gone");
});

test("a server that is killed in the middle resets the connection, and the client's stream ends", async () => {
  const { server, source, outcome, pass } = await uploading();
  source.send(1);
  await pass();
  server.kill();
  await pass();
  expect([outcome.error, source.left]).toEqual([expect.objectContaining({ code: "ECONNRESET" }), true]);
});

test("a client that is killed in the middle leaves the server an incomplete body", async () => {
  const { client, source, got, pass } = await uploading();
  source.send(1);
  await pass();
  client.kill();
  await pass();
  expect(got).toEqual([1, "ECONNRESET"]);
});

test("while the link is cut no piece arrives; a link that loses messages breaks the connection", async () => {
  const { network, source, got, outcome, pass } = await uploading();
  network.cut("client", "server");
  source.send(1);
  await pass(5000);
  expect([got, outcome]).toEqual([[], {}]);
  network.heal("client", "server");
  await pass(5000);
  expect(["1", "ECONNRESET"]).toContain(String(got[0]));
  network.link("client", "server").loss = 1;
  if (!source.left) source.send(2);
  await pass(5000);
  expect([got.at(-1), outcome.error !== undefined]).toEqual(["ECONNRESET", true]);
});

test("a request whose body is a stream never arrives twice", async () => {
  const { source, got, pass, connections } = await uploading({ duplicates: 1 });
  source.send(1);
  source.feed.close();
  await pass(5000);
  expect([got, connections()]).toEqual([[1, "end"], 1]);
});
