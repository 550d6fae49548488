// What the parts of the simulated network know of one another: links, servers, and what a request needs of the network
// that carries it.

import type { Connection } from "../../api/connection.ts";
import type { Host } from "./host.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** What answers at an address. */
export type Handler = (request: Request, connection: Connection) => Promise<Response>;

/** Called with every answer when it leaves its server: by then, all that it shows must be durable. */
export type AnswerObserver = (server: Process, request: Request, response: Response) => void;
/** Called with every chunk of a stream when it leaves its server. */
export type ChunkObserver = (server: Process, request: Request, chunk: Uint8Array) => void;

/** One direction between two machines. */
export interface Link {
  cut: boolean;
  /** Cuts that have not healed. The link carries again when the last one has. */
  cuts: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** Share of messages that break their connection. */
  loss: number;
  /** Share of repeatable requests that arrive twice. */
  duplicates: number;
  /** Repeatable requests arrive a second time, up to so long after the first. 0: they do not. */
  againMs: number;
  /** Called when the cut heals. */
  held: Set<() => void>;
}

/** Both directions between a client and a server. */
export interface Route {
  there: Link;
  back: Link;
}

export interface Server {
  process: Process;
  handle: Handler;
}

/** Something that is under way between two processes. */
export interface Traffic {
  /** True while a body is sent piece by piece: an answer that goes on for as long as its client reads, or an upload. */
  readonly streams: boolean;
  /** Both ends find their connection broken. */
  reset(): void;
  /** A process has ended, perhaps one of its own. */
  processEnded(process: Process): void;
  /** The client gives it up. */
  abort(reason: unknown): void;
  /** After so many ms without an answer the platform gives up. */
  giveUpAfter(ageMs: number): void;
}

/** What a request needs of the network that carries it. */
export interface Carrier {
  readonly world: World;
  /** A number in [0, 1). */
  draw(): number;
  chance(share: number): boolean;
  delayOf(link: Link): number;
  server(address: string): Server | undefined;
  host(name: string): Host | undefined;
  /** From `begin` to `end` it learns of processes that end, and of the client's abort signal. */
  begin(traffic: Traffic, signal: AbortSignal | null | undefined): void;
  end(traffic: Traffic, signal: AbortSignal | null | undefined): void;
  /** One message more is under way. */
  countMessage(): void;
  /** A stream whose reader is gone, which its server does not know yet; and when it does. */
  halfOpen(more: 1 | -1): void;
  answered(server: Process, request: Request, response: Response): void;
  sentChunk(server: Process, request: Request, chunk: Uint8Array): void;
}
