// Passes queries for names of other servers on to the resolvers of this machine, as the bytes that they are, and the answers back.
// A resolver that does not answer in time is followed by the next one.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { type Random, randomInteger } from "../../lib/random.ts";
import { headerBytes } from "./message.ts";

export interface ForwarderOptions {
  clock: Clock;
  random: Random;
  /** The resolvers now, in the order in which they are asked. */
  resolvers: () => readonly string[];
  /** Port of the resolvers; another one in tests. */
  port?: number;
  /** How long one resolver has for an answer. */
  timeoutMs?: number;
}

/** A client repeats its query after 5 s. */
const defaultTimeoutMs = 2_000;
/** Queries that wait at the same time: what is more is answered as failed, so that a flood needs no memory. */
const mostWaiting = 1_024;
const mostConnections = 64;
const mostIds = 65_536;

interface Waiting {
  query: Buffer;
  resolver: string;
  cancel: CancelTimer;
  /** Null: no answer. */
  done(answer: Buffer | null): void;
}

type UdpSocket = Bun.udp.ConnectedSocket<"buffer">;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #sockets = new Map<string, Promise<UdpSocket>>();
  /** To resolvers, over TCP. */
  #connections = 0;
  /** By the id under which a resolver was asked. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#port = options.port ?? 53;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  }

  /** The answer for a client over UDP, or null if no resolver gave one. */
  async overUdp(query: Buffer): Promise<Buffer | null> {
    if (this.#waiting.size >= mostWaiting) return null;
    for (const resolver of this.#options.resolvers()) {
      const answer = await this.#askUdp(query, resolver).catch(() => null);
      if (answer !== null) return answer;
    }
    return null;
  }

  async #askUdp(query: Buffer, resolver: string): Promise<Buffer | null> {
    const socket = await this.#socket(resolver);
    const id = this.#freeId();
    const copy = Buffer.from(query);
    copy.writeUInt16BE(id, 0);
    return new Promise((resolve) => {
      const done = (answer: Buffer | null): void => {
        cancel();
        this.#waiting.delete(id);
        resolve(answer);
      };
      const cancel = this.#options.clock.timer(this.#timeoutMs, () => done(null));
      this.#waiting.set(id, { query, resolver, cancel, done });
      socket.send(copy);
    });
  }

  /** A connected socket: the kernel takes packets of this resolver only. */
  #socket(resolver: string): Promise<UdpSocket> {
    const known = this.#sockets.get(resolver);
    if (known) return known;
    const socket = Bun.udpSocket({
      connect: { hostname: resolver, port: this.#port },
      binaryType: "buffer",
      socket: {
        data: (_, bytes) => this.#answered(resolver, bytes),
        error: () => this.#refused(resolver),
      },
    });
    this.#sockets.set(resolver, socket);
    socket.catch(() => this.#sockets.delete(resolver));
    return socket;
  }

  #answered(resolver: string, bytes: Buffer): void {
    if (bytes.length < headerBytes || (bytes[2]! & 0x80) === 0) return;
    const waiting = this.#waiting.get(bytes.readUInt16BE(0));
    if (waiting?.resolver !== resolver || !sameQuestion(waiting.query, bytes)) return;
    const answer = Buffer.from(bytes);
    waiting.query.copy(answer, 0, 0, 2);
    waiting.done(answer);
  }

  /** Nothing listens there: the next resolver is asked at once. */
  #refused(resolver: string): void {
    for (const waiting of [...this.#waiting.values()]) if (waiting.resolver === resolver) waiting.done(null);
  }

  #freeId(): number {
    for (;;) {
      const id = randomInteger(this.#options.random, mostIds);
      if (!this.#waiting.has(id)) return id;
    }
  }

  /** The answer for a client over TCP, or null. One connection for each query. */
  async overTcp(query: Buffer): Promise<Buffer | null> {
    for (const resolver of this.#options.resolvers()) {
      const answer = await this.#askTcp(query, resolver).catch(() => null);
      if (answer !== null) return answer;
    }
    return null;
  }

  async #askTcp(query: Buffer, resolver: string): Promise<Buffer | null> {
    if (this.#connections >= mostConnections) return null;
    this.#connections += 1;
    return this.#askOverConnection(query, resolver).finally(() => {
      this.#connections -= 1;
    });
  }

  #askOverConnection(query: Buffer, resolver: string): Promise<Buffer | null> {
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    let received = Buffer.alloc(0);
    const cancel = this.#options.clock.timer(this.#timeoutMs, () => resolve(null));
    const connection = Bun.connect({
      hostname: resolver,
      port: this.#port,
      socket: {
        // A query is far smaller than what the kernel takes at once.
        open: (socket) => void socket.write(withLength(query)),
        data: (_, bytes) => {
          received = Buffer.concat([received, bytes]);
          if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
          const answer = received.subarray(2, 2 + received.readUInt16BE(0));
          resolve(answer.length >= headerBytes && sameQuestion(query, answer) ? answer : null);
        },
        close: () => resolve(null),
        error: () => resolve(null),
        connectError: () => resolve(null),
      },
    });
    return promise.finally(() => {
      cancel();
      connection.then(
        (socket) => socket.end(),
        () => {},
      );
    });
  }

  async close(): Promise<void> {
    for (const waiting of [...this.#waiting.values()]) waiting.done(null);
    for (const socket of this.#sockets.values()) (await socket.catch(() => null))?.close();
    this.#sockets.clear();
  }
}

export function withLength(message: Buffer): Buffer {
  const framed = Buffer.alloc(2 + message.length);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}

/** True when both begin with the same question. Servers may write names in another case. */
function sameQuestion(query: Buffer, answer: Buffer): boolean {
  let end = headerBytes;
  while (end < query.length && query[end] !== 0) end += query[end]! + 1;
  end += 5;
  if (end > query.length || end > answer.length) return false;
  const text = (bytes: Buffer) => bytes.toString("latin1", headerBytes, end).toLowerCase();
  return text(query) === text(answer);
}
