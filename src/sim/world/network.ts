// The network between simulated machines. Requests and answers take time, get lost after they had their effect, arrive
// twice, and wait behind a cut until it heals. A program that is killed resets its connections; a machine without power
// does not.

import type { DuplexStream } from "../../lib/duplex.ts";
import { type Random, randomInteger } from "../../lib/random.ts";
import { type Destination, Exchange, giveUpMs } from "./exchange.ts";
import type { Host } from "./host.ts";
import type { Process } from "./process.ts";
import type { AnswerObserver, Carrier, ChunkObserver, Handler, Link, Route, Server, Traffic } from "./wires.ts";
import type { World } from "./world.ts";

/** A connection without an answer sends again after some seconds. */
const retransmitMs = 2000;
/** How often old requests are looked for that the platform gives up. */
const giveUpEveryMs = 10_000;
const usualDelay = { minDelayMs: 0.1, maxDelayMs: 1.5 };

export class Network implements Carrier {
  readonly world: World;
  readonly #random: Random;
  readonly #servers = new Map<string, Server>();
  readonly #hosts = new Map<string, Host>();
  readonly #links = new Map<string, Link>();
  readonly #traffic = new Set<Traffic>();
  /** What each abort signal gives up: one listener serves all requests of a signal. */
  readonly #bySignal = new WeakMap<AbortSignal, Set<Traffic>>();
  onAnswer: AnswerObserver = () => {};
  onChunk: ChunkObserver = () => {};
  /** Streams whose reader is gone, which their server does not know yet. */
  halfOpenStreams = 0;
  /** Messages so far. */
  messages = 0;

  constructor(world: World) {
    this.world = world;
    this.#random = world.random("network");
    const giveUp = () => {
      for (const traffic of this.#traffic) traffic.giveUpAfter(giveUpMs);
      world.after(giveUpEveryMs, giveUp);
    };
    world.after(giveUpEveryMs, giveUp);
  }

  addHost(host: Host): void {
    this.#hosts.set(host.name, host);
  }

  host(name: string): Host | undefined {
    return this.#hosts.get(name);
  }

  /** Until the process ends. */
  listen(process: Process, port: number, handle: Handler): void {
    const address = `${process.host.name}:${port}`;
    const server = { process, handle };
    this.#servers.set(address, server);
    process.onEnd.push(() => {
      if (this.#servers.get(address) === server) this.#servers.delete(address);
      for (const traffic of this.#traffic) traffic.processEnded(process);
    });
  }

  server(address: string): Server | undefined {
    return this.#servers.get(address);
  }

  /** A fetch for a program that lives on one of the machines. */
  fetchFor(process: Process): (url: string, init: RequestInit) => Promise<Response> {
    const destination = this.#destinationsOf(process);
    return (url, init) => new Exchange(this, process, destination(url), url, init).begin();
  }

  /** Opens two-way streams for a program. Rejects if the server does not upgrade the connection. */
  streamsFor(
    process: Process,
  ): (url: string, headers?: Record<string, string>, signal?: AbortSignal) => Promise<DuplexStream> {
    const destination = this.#destinationsOf(process);
    return (url, headers = {}, signal) =>
      new Promise((resolve, reject) => {
        const init = { method: "GET", headers, ...(signal ? { signal } : {}) };
        new Exchange(this, process, destination(url), url, init, resolve)
          .begin()
          .then(({ status }) => reject(new Error(`the server did not upgrade the connection: HTTP ${status}`)), reject);
      });
  }

  /** Addresses are taken apart once: programs ask for the same ones again and again. */
  #destinationsOf(process: Process): (url: string) => Destination {
    process.onEnd.push(() => {
      for (const traffic of this.#traffic) traffic.processEnded(process);
    });
    const known = new Map<string, Destination>();
    let lastUrl = "";
    let last: Destination;
    return (url) => {
      if (url === lastUrl) return last;
      const start = url.indexOf("//") + 2;
      const slash = url.indexOf("/", start);
      const address = url.slice(start, slash < 0 ? url.length : slash);
      let destination = known.get(address);
      if (!destination) {
        const host = address.slice(0, address.lastIndexOf(":"));
        destination = { address, host, ...this.#route(process.host.name, host) };
        known.set(address, destination);
      }
      lastUrl = url;
      last = destination;
      return destination;
    };
  }

  #route(client: string, server: string): Route {
    return { there: this.link(client, server), back: this.link(server, client) };
  }

  link(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (!link) {
      link = { cut: false, cuts: 0, ...usualDelay, loss: 0, duplicates: 0, againMs: 0, held: new Set() };
      this.#links.set(key, link);
    }
    return link;
  }

  cut(from: string, to: string): void {
    const link = this.link(from, to);
    link.cut = true;
    link.cuts++;
  }

  /** What waited behind the cut goes on, in order. */
  heal(from: string, to: string): void {
    const link = this.link(from, to);
    link.cuts--;
    if (link.cuts > 0) return;
    Object.assign(link, usualDelay, { cut: false, loss: 0, duplicates: 0, againMs: 0 });
    const held = [...link.held];
    link.held.clear();
    // Each when its sender tries again, which after a cut is not at once.
    for (const goOn of held) this.world.after(this.#random.next() * retransmitMs, goOn);
  }

  /** Ends some of the streams that are open, as a proxy or a router that restarts does. */
  breakStreams(share: number): number {
    let broken = 0;
    for (const traffic of [...this.#traffic]) {
      if (!traffic.streams || randomInteger(this.#random, 1000) >= share * 1000) continue;
      traffic.reset();
      broken++;
    }
    return broken;
  }

  /** Answers that go on, uploads, and two-way streams, whose client still has them. */
  get openStreams(): number {
    let open = 0;
    for (const { streams } of this.#traffic) if (streams) open++;
    return open;
  }

  /** The machines of which a program reads a stream of this path's end from this server. */
  readersOf(server: Process, pathEnd: string): Set<string> {
    const readers = new Set<string>();
    for (const traffic of this.#traffic) {
      if (!(traffic instanceof Exchange) || !traffic.streamsFrom(server)) continue;
      if (traffic.url.endsWith(pathEnd)) readers.add(traffic.client.host.name);
    }
    return readers;
  }

  // ---- for what is under way

  draw(): number {
    return this.#random.next();
  }

  chance(share: number): boolean {
    return share > 0 && this.#random.next() < share;
  }

  delayOf(link: Link): number {
    return link.minDelayMs + this.#random.next() * (link.maxDelayMs - link.minDelayMs);
  }

  begin(traffic: Traffic, signal: AbortSignal | null | undefined): void {
    this.#traffic.add(traffic);
    if (!signal) return;
    let all = this.#bySignal.get(signal);
    if (!all) {
      const created = new Set<Traffic>();
      all = created;
      this.#bySignal.set(signal, created);
      signal.addEventListener("abort", () => {
        for (const one of [...created]) one.abort(signal.reason);
      });
    }
    all.add(traffic);
  }

  end(traffic: Traffic, signal: AbortSignal | null | undefined): void {
    this.#traffic.delete(traffic);
    if (signal) this.#bySignal.get(signal)?.delete(traffic);
  }

  countMessage(): void {
    this.messages++;
  }

  halfOpen(more: 1 | -1): void {
    this.halfOpenStreams += more;
  }

  answered(server: Process, request: Request, response: Response): void {
    this.onAnswer(server, request, response);
  }

  sentChunk(server: Process, request: Request, chunk: Uint8Array): void {
    this.onChunk(server, request, chunk);
  }
}
