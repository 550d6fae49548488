// The DNS server over real sockets: UDP and TCP, what fits into a packet, what is passed on, and what hostile clients send.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, decode, encode, type Packet } from "dns-packet";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { DnsServer } from "../../src/network/dns/dns-server.ts";
import { withLength } from "../../src/network/dns/forwarder.ts";
import type { NameTable } from "../../src/network/dns/name-table.ts";
import { resolversOf } from "../../src/network/dns/resolv-conf.ts";
import { TableFile } from "../../src/network/dns/table-file.ts";

const own = "127.0.0.1";
const many = Array.from({ length: 200 }, (_, index) => `10.210.7.${1 + index}`);
const table: NameTable = {
  revision: 3,
  ranges: ["10.210.0.0/16", "10.211.0.0/16"],
  services: [
    { ...{ app: "shop", name: "web", aliases: [], vip: "10.211.0.1", ports: [] }, endpoints: many },
    { ...{ app: "shop", name: "db", aliases: [], vip: null, ports: [] }, endpoints: ["10.210.1.3", "10.210.1.4"] },
  ],
  clients: { [own]: ["shop"] },
};

const recursionDesired = 1 << 8;
const flag = { authoritative: 1 << 10, truncated: 1 << 9, recursionAvailable: 1 << 7 };

function query(name: string, type = "A", more: Partial<Packet> = {}): Packet {
  return {
    ...{ id: 4711, type: "query", flags: recursionDesired, answers: [], authorities: [], additionals: [] },
    questions: [{ name, type, class: "IN" }],
    ...more,
  };
}

const edns = (udpPayloadSize: number, ednsVersion = 0): Answer => ({
  ...{ type: "OPT", name: ".", flags: 0, extendedRcode: 0, options: [] },
  ...{ udpPayloadSize, ednsVersion },
});

const markerId = 65_535;

/** Sends bytes over UDP, and returns the first answer; null if the server answered a later query instead. */
async function udp(port: number, bytes: Uint8Array): Promise<Buffer | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | null>();
  const marker = encode(query("marker.podling.internal", "A", { id: markerId }));
  const socket = await Bun.udpSocket({
    connect: { hostname: own, port },
    binaryType: "buffer",
    socket: { data: (_, answer) => resolve(answer.readUInt16BE(0) === markerId ? null : Buffer.from(answer)) },
  });
  socket.send(bytes);
  // Forwarded queries are answered after it, and must not be taken for unanswered.
  if (bytes.length < 12 || (bytes[2]! & 0x80) !== 0) socket.send(marker);
  return promise.finally(() => socket.close());
}

/** Sends bytes over TCP, and resolves with all that came back when the server has answered as often, or has closed. */
async function tcp(port: number, bytes: Uint8Array, answers = 1): Promise<Buffer[] | "closed"> {
  const { promise, resolve } = Promise.withResolvers<Buffer[] | "closed">();
  let received = Buffer.alloc(0);
  const found: Buffer[] = [];
  const socket = await Bun.connect({
    hostname: own,
    port,
    socket: {
      open: (one) => void one.write(bytes),
      data(_, more) {
        received = Buffer.concat([received, more]);
        while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
          found.push(received.subarray(2, 2 + received.readUInt16BE(0)));
          received = received.subarray(2 + received.readUInt16BE(0));
        }
        if (found.length >= answers) resolve(found);
      },
      close: () => resolve("closed"),
    },
  });
  return promise.finally(() => socket.end());
}

const addresses = ({ answers }: Packet): unknown[] => answers.map((one) => ("data" in one ? one.data : null));
const codeOf = ({ flags }: Packet): number => flags & 15;

describe("the DNS server", () => {
  let resolver: DnsServer;
  let server: DnsServer;
  const upstreamTable: NameTable = {
    ...{ revision: 1, ranges: [], clients: {} },
    services: [{ ...{ app: "org", name: "example", aliases: [], vip: "192.0.2.1", endpoints: [], ports: [] } }],
  };
  const options = { address: own, port: 0, clock: systemClock, random: seededRandom(1) };

  beforeAll(async () => {
    resolver = await DnsServer.start({ ...options, resolvers: () => [] }, upstreamTable);
    server = await DnsServer.start(
      { ...options, resolvers: () => ["127.0.0.7", own], resolverPort: resolver.port, resolverTimeoutMs: 400 },
      table,
    );
  });
  afterAll(async () => {
    await server.stop();
    await resolver.stop();
  });

  const ask = async (packet: Packet) => decode((await udp(server.port, encode(packet)))!);

  test("answers over UDP and TCP with the id, the question and the flags of the query", async () => {
    const [overTcp] = (await tcp(server.port, withLength(encode(query("Web"))))) as Buffer[];
    for (const answer of [await ask(query("Web")), decode(overTcp!)]) {
      expect(answer).toMatchObject({ id: 4711, type: "response", questions: [{ name: "Web", type: "A" }] });
      expect(answer.answers).toMatchObject([{ type: "A", name: "Web", ttl: 5, data: "10.211.0.1" }]);
      expect(answer.flags).toBe(recursionDesired | flag.authoritative | flag.recursionAvailable);
    }
  });

  test("an IPv6 address that is not there is no error", async () => {
    const answer = await ask(query("web.shop", "AAAA"));
    expect([codeOf(answer), addresses(answer)]).toEqual([0, []]);
    expect(codeOf(await ask(query("no.shop.podling.internal")))).toBe(3);
  });

  test("an answer has at most what the client takes, and says so if there is more", async () => {
    for (const [additionals, most] of [
      [[], 512],
      [[edns(100)], 512],
      [[edns(900)], 900],
      [[edns(65_000)], 1_232],
    ] as const) {
      const bytes = (await udp(server.port, encode(query("tasks.web", "A", { additionals: [...additionals] }))))!;
      const answer = decode(bytes);
      expect(bytes.length).toBeLessThanOrEqual(most);
      expect(bytes.length).toBeGreaterThan(most - 40);
      expect(answer.flags & flag.truncated).toBe(flag.truncated);
      expect(answer.additionals.map((one) => one.type)).toEqual(additionals.map(() => "OPT"));
      for (const address of addresses(answer)) expect(many).toContain(address as string);
    }
    const [whole] = (await tcp(server.port, withLength(encode(query("tasks.web"))))) as Buffer[];
    expect(addresses(decode(whole!)).sort()).toEqual(many.toSorted());
    expect(decode(whole!).flags & flag.truncated).toBe(0);
  });

  test("names of other servers are passed on, also past a resolver that is not there", async () => {
    const answer = await ask(query("example.org"));
    expect(answer.id).toBe(4711);
    expect(addresses(answer)).toEqual(["192.0.2.1"]);
    const [overTcp] = (await tcp(server.port, withLength(encode(query("example.org"))))) as Buffer[];
    expect(addresses(decode(overTcp!))).toEqual(["192.0.2.1"]);
    const together = await Promise.all(Array.from({ length: 50 }, (_, id) => ask(query("example.org", "A", { id }))));
    expect(together.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, id) => id));
  });

  test("a name that no resolver answers for is a failure, not a name that does not exist", async () => {
    expect(codeOf(await ask(query("nothing.example")))).toBe(2);
    const [overTcp] = (await tcp(resolver.port, withLength(encode(query("nothing.example"))))) as Buffer[];
    expect(codeOf(decode(overTcp!))).toBe(2);
  });

  test("several queries over one connection are answered in their order", async () => {
    const names = ["example.org", "web", "tasks.web", "db", "example.org"];
    const queries = names.map((name, id) => withLength(encode(query(name, "A", { id }))));
    const answers = (await tcp(server.port, Buffer.concat(queries), names.length)) as Buffer[];
    expect(answers.map((one) => decode(one).id)).toEqual([0, 1, 2, 3, 4]);
  });

  test("queries that are not understood get a code; bytes that are none get nothing", async () => {
    const bytes = encode(query("web"));
    const cut = bytes.subarray(0, bytes.length - 3);
    expect(codeOf(decode((await udp(server.port, cut))!))).toBe(1);
    expect(codeOf(await ask(query("web", "A", { questions: [] })))).toBe(1);
    expect(codeOf(await ask(query("web", "A", { flags: 5 << 11 })))).toBe(4);
    expect(codeOf(await ask(query("web", "A", { questions: [{ name: "web", type: "A", class: "CH" }] })))).toBe(5);
    const version = await ask(query("web", "A", { additionals: [edns(1_232, 1)] }));
    expect(version.additionals).toMatchObject([{ type: "OPT", extendedRcode: 1, ednsVersion: 0 }]);
    expect(await udp(server.port, Buffer.from("hello"))).toBeNull();
    expect(await udp(server.port, encode(query("web", "A", { type: "response" })))).toBeNull();
    expect(await tcp(server.port, withLength(Buffer.from("hello")))).toBe("closed");
  });

  test("random bytes stop nothing", async () => {
    const random = seededRandom(5);
    const whole = encode(query("tasks.web.shop.podling.internal", "A", { additionals: [edns(1_232)] }));
    const { port } = server;
    const socket = await Bun.udpSocket({ connect: { hostname: own, port } });
    for (let count = 0; count < 500; count++) {
      const bytes = Buffer.from(whole);
      for (let changed = 0; changed < 4; changed++) {
        bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256);
      }
      socket.send(bytes.subarray(0, 1 + Math.floor(random.next() * bytes.length)));
      // More at once would not fit into the kernel's buffer, and the next query would be lost.
      if (count % 10 === 9) expect(addresses(await ask(query("web")))).toEqual(["10.211.0.1"]);
    }
    socket.close();
    expect(addresses(await ask(query("web")))).toEqual(["10.211.0.1"]);
  });

  test("another table is used from the next query on", async () => {
    const one = await DnsServer.start({ ...options, resolvers: () => [] }, { ...table, services: [] });
    const codes = async () => codeOf(decode((await udp(one.port, encode(query("web.shop.podling.internal"))))!));
    expect(await codes()).toBe(3);
    one.use(table);
    expect(await codes()).toBe(0);
    await one.stop();
  });
});

describe("files", () => {
  test("the resolvers of the machine, without the server itself", () => {
    const text =
      "# made\nsearch lan\nnameserver 10.210.1.1\n nameserver 192.168.1.1 \nnameserver fe80::1%eth0\nnameserver x\n";
    expect(resolversOf(text, "10.210.1.1")).toEqual(["192.168.1.1", "fe80::1%eth0"]);
    expect(resolversOf("nameserver 1.1.1.1\n".repeat(5), "")).toHaveLength(3);
  });

  test("a table survives a restart; a damaged or unknown file is none", () => {
    const folder = mkdtempSync(join(tmpdir(), "podling-names-"));
    try {
      const path = join(folder, "names.json");
      expect(new TableFile(path).read()).toBeNull();
      new TableFile(path).write(table);
      expect(new TableFile(path).read()).toEqual(table);
      const good = JSON.stringify({ format: 1, table });
      for (const text of [
        "",
        good.slice(0, 40),
        good.replace('"format":1', '"format":2'),
        '{"format":1,"table":{}}',
        "null",
      ]) {
        writeFileSync(path, text);
        expect([text, new TableFile(path).read()]).toEqual([text, null]);
      }
      writeFileSync(path, good.replace('"name":"db"', '"name":7'));
      expect(new TableFile(path).read()).toBeNull();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
