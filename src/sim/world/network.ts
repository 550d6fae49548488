// The network between simulated machines: requests and answers take time, get lost after they did something, come twice,
// wait behind a cut and go on when it heals; a killed program resets its connections, a machine without power does not.

import { type Random, randomInteger } from "../../lib/random.ts";
import { Exchange } from "./exchange.ts";
import type { Host } from "./host.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** What answers at an address. */
export type Handler = (request: Request, from: string) => Promise<Response>;

/** Told of every answer as it leaves its server: what it says must be durable by then. */
export type AnswerObserver = (server: Process, request: Request, response: Response) => void;
/** Told of every chunk of a stream as it leaves. */
export type ChunkObserver = (server: Process, request: Request, chunk: Uint8Array) => void;

/** One direction between two machines. */
export interface Link {
  cut: boolean;
  /** Cuts that have not healed: it carries again when the last has. */
  cuts: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** Share of messages that break their connection. */
  loss: number;
  /** Share of repeatable requests that arrive twice. */
  duplicates: number;
  /** Called when the cut heals. */
  held: Set<() => void>;
}

interface Route {
  there: Link;
  back: Link;
}

export interface Server {
  process: Process;
  handle: Handler;
}

/** Of a connection that got no answer for some seconds. */
const retransmitMs = 2000;
const usualDelay = { minDelayMs: 0.1, maxDelayMs: 1.5 };

export class Network {
  readonly world: World;
  readonly random: Random;
  readonly #servers = new Map<string, Server>();
  readonly #hosts = new Map<string, Host>();
  readonly #links = new Map<string, Link>();
  readonly #routes = new Map<string, Map<string, Route>>();
  readonly exchanges = new Set<Exchange>();
  onAnswer: AnswerObserver = () => {};
  onChunk: ChunkObserver = () => {};
  /** Streams whose reader is gone, and whose server has not heard of it. */
  halfOpenStreams = 0;
  /** Messages so far. */
  messages = 0;

  constructor(world: World) {
    this.world = world;
    this.random = world.random("network");
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
      for (const exchange of this.exchanges) exchange.processEnded(process);
    });
  }

  server(address: string): Server | undefined {
    return this.#servers.get(address);
  }

  /** A fetch for a program that lives on one of the machines. */
  fetchFor(process: Process): (url: string, init: RequestInit) => Promise<Response> {
    process.onEnd.push(() => {
      for (const exchange of this.exchanges) exchange.processEnded(process);
    });
    return (url, init) => new Exchange(this, process, url, init).begin();
  }

  /** Both directions between a client and a server. */
  route(client: string, server: string): Route {
    let routes = this.#routes.get(client);
    if (!routes) {
      routes = new Map();
      this.#routes.set(client, routes);
    }
    let route = routes.get(server);
    if (!route) {
      route = { there: this.link(client, server), back: this.link(server, client) };
      routes.set(server, route);
    }
    return route;
  }

  link(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (!link) {
      link = { cut: false, cuts: 0, ...usualDelay, loss: 0, duplicates: 0, held: new Set() };
      this.#links.set(key, link);
    }
    return link;
  }

  cut(from: string, to: string): void {
    const link = this.link(from, to);
    link.cut = true;
    link.cuts++;
  }

  /** What was held goes on, in order. */
  heal(from: string, to: string): void {
    const link = this.link(from, to);
    link.cuts--;
    if (link.cuts > 0) return;
    Object.assign(link, usualDelay, { cut: false, loss: 0, duplicates: 0 });
    const held = [...link.held];
    link.held.clear();
    // Each when its sender tries again, which after a cut is not at once.
    for (const goOn of held) this.world.after(this.random.next() * retransmitMs, goOn);
  }

  delayOf(link: Link): number {
    return link.minDelayMs + this.random.next() * (link.maxDelayMs - link.minDelayMs);
  }

  chance(share: number): boolean {
    return share > 0 && this.random.next() < share;
  }

  /** Ends some of the streams that are open, as a proxy or a router that is restarted does. */
  breakStreams(share: number): number {
    let broken = 0;
    for (const exchange of [...this.exchanges]) {
      if (!exchange.streams || randomInteger(this.random, 1000) >= share * 1000) continue;
      exchange.reset();
      broken++;
    }
    return broken;
  }
}
