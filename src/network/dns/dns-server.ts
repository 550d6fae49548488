// The DNS server of a node: answers names of the cluster from its table, and passes others on. It listens on the address of the
// bridge, over UDP and TCP. The table stays as it is while the master is away.

import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { answerTo } from "./answer.ts";
import { Forwarder, type ForwarderOptions, withLength } from "./forwarder.ts";
import { headerBytes, readQuery, tcpBytes, writeAnswer, writeCode } from "./message.ts";
import { NameIndex, type NameTable } from "./name-table.ts";

export interface DnsServerOptions {
  address: string;
  /** 53, or 0 for any free port. */
  port: number;
  clock: Clock;
  random: Random;
  resolvers: ForwarderOptions["resolvers"];
  /** The port of the resolvers; another one in tests. */
  resolverPort?: number;
  resolverTimeoutMs?: number;
}

/** Connections at the same time; what is more is closed at once. A client uses one for a moment only. */
const mostConnections = 256;
const idleSeconds = 10;
/** A client that asks and does not read is disconnected. */
const mostUnsentBytes = 256 * 1024;

/** An open connection: what has arrived of the next query, and what the kernel did not yet take of the answers. */
interface Connection {
  received: Buffer;
  unsent: Buffer;
  /** Answers come in the order of the queries. */
  last: Promise<void>;
}

type Socket = Bun.Socket<Connection>;

export class DnsServer {
  readonly port: number;
  readonly #udp: Bun.udp.Socket<"buffer">;
  readonly #tcp: Bun.TCPSocketListener<Connection>;
  readonly #parts: Parts;

  private constructor(udp: Bun.udp.Socket<"buffer">, tcp: Bun.TCPSocketListener<Connection>, parts: Parts) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.#parts = parts;
    this.port = udp.port;
  }

  /** Throws if the address or the port cannot be used. */
  static async start(options: DnsServerOptions, table: NameTable): Promise<DnsServer> {
    const parts: Parts = {
      index: new NameIndex(table),
      random: options.random,
      forwarder: new Forwarder({
        clock: options.clock,
        random: options.random,
        resolvers: options.resolvers,
        ...(options.resolverPort === undefined ? {} : { port: options.resolverPort }),
        ...(options.resolverTimeoutMs === undefined ? {} : { timeoutMs: options.resolverTimeoutMs }),
      }),
    };
    const udp = await listenUdp(options, parts);
    try {
      return new DnsServer(udp, listenTcp({ ...options, port: udp.port }, parts), parts);
    } catch (error) {
      udp.close();
      throw error;
    }
  }

  /** Answers from this table from now on. */
  use(table: NameTable): void {
    this.#parts.index = new NameIndex(table);
  }

  async stop(): Promise<void> {
    this.#udp.close();
    this.#tcp.stop(true);
    await this.#parts.forwarder.close();
  }
}

interface Parts {
  index: NameIndex;
  readonly random: Random;
  readonly forwarder: Forwarder;
}

/** The answer to a message, null for none; a promise if other servers are asked. */
function answerOf(bytes: Buffer, client: string, parts: Parts, isTcp: boolean): Buffer | null | Promise<Buffer | null> {
  const read = readQuery(bytes);
  if (read.kind === "ignored") return null;
  if (read.kind === "refused") return writeCode(read.packet, read.code, read.extendedCode);
  const { query } = read;
  const answer = answerTo(parts.index, query, client, parts.random);
  if (answer !== null) return writeAnswer(query, answer, isTcp ? tcpBytes : query.udpBytes);
  const copy = Buffer.from(bytes);
  const forwarded = isTcp ? parts.forwarder.overTcp(copy) : parts.forwarder.overUdp(copy);
  return forwarded.then((one) => one ?? writeCode(query.packet, "failed"));
}

function listenUdp({ address, port }: DnsServerOptions, parts: Parts): Promise<Bun.udp.Socket<"buffer">> {
  return Bun.udpSocket({
    hostname: address,
    port,
    binaryType: "buffer",
    socket: {
      data(socket, bytes, fromPort, from) {
        const answer = answerOf(bytes, from, parts, false);
        if (answer === null) return;
        if (!(answer instanceof Promise)) socket.send(answer, fromPort, from);
        else
          void answer.then((one) => {
            if (one !== null && !socket.closed) socket.send(one, fromPort, from);
          });
      },
      // An answer that a client did not want any more.
      error() {},
    },
  });
}

function listenTcp({ address, port }: DnsServerOptions, parts: Parts): Bun.TCPSocketListener<Connection> {
  let open = 0;
  return Bun.listen<Connection>({
    hostname: address,
    port,
    socket: {
      open(socket) {
        open += 1;
        socket.data = { received: Buffer.alloc(0), unsent: Buffer.alloc(0), last: Promise.resolve() };
        if (open > mostConnections) socket.terminate();
        else socket.timeout(idleSeconds);
      },
      data(socket, bytes) {
        socket.timeout(idleSeconds);
        socket.data.received = Buffer.concat([socket.data.received, bytes]);
        for (let query = nextOf(socket.data); query !== null; query = nextOf(socket.data)) queue(socket, query, parts);
      },
      drain: (socket) => flush(socket),
      timeout: (socket) => void socket.terminate(),
      close() {
        open -= 1;
      },
      error: (socket) => void socket.terminate(),
    },
  });
}

/** The next whole message that has arrived, or null. */
function nextOf(connection: Connection): Buffer | null {
  const { received } = connection;
  if (received.length < 2) return null;
  const end = 2 + received.readUInt16BE(0);
  if (received.length < end) return null;
  connection.received = received.subarray(end);
  return received.subarray(2, end);
}

function queue(socket: Socket, query: Buffer, parts: Parts): void {
  // Bytes that are no query end the connection: what follows them cannot be trusted to be one.
  if (query.length < headerBytes) return void socket.terminate();
  const answer = answerOf(query, socket.remoteAddress, parts, true);
  socket.data.last = socket.data.last.then(async () => {
    const bytes = await answer;
    if (bytes === null) return;
    socket.data.unsent = Buffer.concat([socket.data.unsent, withLength(bytes)]);
    flush(socket);
    if (socket.data.unsent.length > mostUnsentBytes) socket.terminate();
  });
}

function flush(socket: Socket): void {
  const { unsent } = socket.data;
  if (unsent.length === 0) return;
  const written = socket.write(unsent);
  socket.data.unsent = written > 0 ? unsent.subarray(written) : unsent;
}
