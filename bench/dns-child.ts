// The processes of the section dns. `serve` prints the port of a DNS server with 10,000 names. `ask PORT NAME SECONDS RATE` sends
// queries at a rate a second, or as fast as they are answered if it is 0, and prints the result.

import { encode } from "dns-packet";
import { systemClock } from "../src/lib/clock.ts";
import { systemRandom } from "../src/lib/random.ts";
import { DnsServer } from "../src/network/dns/dns-server.ts";
import type { NameTable } from "../src/network/dns/name-table.ts";

export interface Answered {
  perSecond: number;
  p99Ms: number;
}

const address = "127.0.0.1";
const apps = 10;
const services = 1_000;
const inFlight = 64;

async function serve(): Promise<void> {
  const server = await DnsServer.start(
    { address, port: 0, clock: systemClock, random: systemRandom, resolvers: () => [] },
    bigTable(),
  );
  process.stdout.write(`${server.port}\n`);
}

function bigTable(): NameTable {
  const all = Array.from({ length: services * apps }, (_, index) => ({
    app: `app-${Math.floor(index / services)}`,
    name: `web-${index % services}`,
    aliases: [],
    vip: `10.211.${Math.floor(index / 250)}.${1 + (index % 250)}`,
    endpoints: Array.from({ length: 10 }, (_, slot) => `10.210.${index % 250}.${2 + slot}`),
    ports: [],
  }));
  return { revision: 1, ranges: ["10.210.0.0/16", "10.211.0.0/16"], services: all, clients: {} };
}

async function ask(port: number, name: string, seconds: number, rate: number): Promise<Answered> {
  const sentAt = new Float64Array(65_536);
  const latencies: number[] = [];
  let next = 0;
  let isOver = false;
  const socket = await Bun.udpSocket({
    connect: { hostname: address, port },
    binaryType: "buffer",
    socket: {
      data(_, bytes) {
        latencies.push(performance.now() - sentAt[bytes.readUInt16BE(0)]!);
        if (rate === 0 && !isOver) send();
      },
    },
  });
  const bytes = encode({
    ...{ id: 0, type: "query", flags: 256, answers: [], authorities: [], additionals: [] },
    questions: [{ name, type: "A", class: "IN" }],
  });
  function send(): void {
    next = (next + 1) % 65_536;
    bytes.writeUInt16BE(next, 0);
    sentAt[next] = performance.now();
    socket.send(bytes);
  }
  const from = performance.now();
  if (rate === 0) for (let count = 0; count < inFlight; count++) send();
  let sent = 0;
  while (performance.now() - from < seconds * 1_000) {
    if (rate > 0) for (; sent < ((performance.now() - from) / 1_000) * rate; sent++) send();
    await Bun.sleep(rate > 0 ? 1 : 50);
  }
  isOver = true;
  const tookMs = performance.now() - from;
  latencies.sort((left, right) => left - right);
  return { perSecond: (latencies.length / tookMs) * 1_000, p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0 };
}

const [, , command, port, name, seconds, rate] = process.argv;
if (command === "serve") await serve();
else {
  const answered = await ask(Number(port), name!, Number(seconds), Number(rate));
  process.stdout.write(JSON.stringify(answered));
  process.exit(0);
}
