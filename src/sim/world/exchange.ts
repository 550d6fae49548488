// One request and its answer on the simulated network, from the first byte to the last of a stream. It ends once: it is
// answered, reset, given up, upgraded to a two-way stream, or a program at one end dies.

import type { Connection, StreamHandler } from "../../api/connection.ts";
import { tarMediaType } from "../../api/operations/operation.ts";
import type { DuplexStream } from "../../lib/duplex.ts";
import { framedMediaType } from "../../lib/frames.ts";
import type { Process } from "./process.ts";
import { TwoWayConnection } from "./two-way-connection.ts";
import { type Sink, WireBody } from "./wire-body.ts";
import { WireRequest } from "./wire-request.ts";
import { WireUpload } from "./wire-upload.ts";
import type { Carrier, Link, Route, Traffic } from "./wires.ts";

/** After so long without an answer the platform gives up, whatever the program thinks. */
export const giveUpMs = 120_000;

/** Errors as sockets give them: api/client.ts and worker/reporter.ts read the code. */
function socketError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Who asks whom, over which links. */
export interface Destination extends Route {
  /** "host:port" */
  address: string;
  host: string;
}

export class Exchange implements Traffic {
  readonly #carrier: Carrier;
  readonly #client: Process;
  readonly #url: string;
  readonly #init: RequestInit;
  readonly #to: Destination;
  readonly #startedAt: number;
  #server: Process | null = null;
  /** A body that is sent piece by piece. Null if the request has none, or all of it in its first message. */
  readonly #upload: WireUpload | null;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #answered = false;
  #over = false;
  #request: Request | null = null;
  /** Aborts the request's signal at the server. Null until the server asks for the signal. */
  #gone: AbortController | null = null;
  #reader: ReturnType<ReadableStream<Uint8Array>["getReader"]> | null = null;
  #sink: Sink | null = null;
  /** When the last chunk arrives: the next one must not overtake it. */
  #lastAt = 0;
  /** What waits behind a cut. Null if nothing ever did. */
  #held: (() => void)[] | null = null;
  /** The server's handler of a two-way stream. Null unless the request was upgraded. */
  #onUpgrade: StreamHandler | null = null;
  /** Takes the client's end of a two-way stream. Null if the client does not ask for one. */
  readonly #onStream: ((stream: DuplexStream) => void) | null;

  constructor(
    carrier: Carrier,
    client: Process,
    to: Destination,
    url: string,
    init: RequestInit,
    onStream: ((stream: DuplexStream) => void) | null = null,
  ) {
    this.#carrier = carrier;
    this.#client = client;
    this.#url = url;
    this.#init = init;
    this.#to = to;
    this.#startedAt = carrier.world.now;
    this.#onStream = onStream;
    const { body } = init;
    this.#upload = body instanceof ReadableStream ? new WireUpload(client, body) : null;
  }

  get streams(): boolean {
    return this.#reader !== null || this.#upload !== null;
  }

  /** True while both ends have it and read it: its client and this server. */
  streamsFrom(server: Process | null): boolean {
    return this.#reader !== null && this.#server === server && !this.#over;
  }

  get client(): Process {
    return this.#client;
  }

  get url(): string {
    return this.#url;
  }

  begin(): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { signal } = this.#init;
      if (!this.#client.alive) return; // no program is there to get an answer
      if (signal?.aborted) {
        this.#upload?.end();
        return reject(signal.reason);
      }
      this.#carrier.begin(this, signal);
      this.#send(this.#to.there, this.#arrive, 0);
    });
  }

  // ---- to the server

  /** Sends over a link: it arrives after the delay of the link, or after a cut has healed. */
  #send(link: Link, arrive: () => void, notBefore: number): void {
    const carrier = this.#carrier;
    const { world } = carrier;
    carrier.countMessage();
    if (link.loss > 0 && carrier.chance(link.loss)) {
      world.after(carrier.draw() * 2000, () => this.reset());
      return;
    }
    const delayMs = carrier.delayOf(link);
    const at = Math.max(notBefore, world.now + delayMs);
    this.#lastAt = at;
    world.after(at - world.now, () => {
      if (this.#over) return;
      if (link.cut || this.#held !== null) this.#hold(link, arrive);
      else arrive();
    });
  }

  #hold(link: Link, arrive: () => void): void {
    if (this.#held !== null) {
      this.#held.push(arrive);
      return;
    }
    this.#held = [arrive];
    link.held.add(() => {
      const held = this.#held ?? [];
      this.#held = null;
      if (this.#over) return;
      // After a short cut the connection goes on; otherwise one of its ends has given it up.
      if (this.#carrier.chance(0.4)) return this.reset();
      for (const goOn of held) goOn();
    });
  }

  readonly #arrive = () => {
    const { world } = this.#carrier;
    const { address, there, back } = this.#to;
    const server = this.#carrier.server(address);
    if (!server) {
      if (!this.#carrier.host(this.#to.host)?.up) return; // no power: nothing answers
      this.#send(back, () => this.#fail(socketError("ECONNREFUSED", "connection refused")), world.now);
      return;
    }
    if (!server.process.host.up) return;
    this.#server = server.process;
    const request = this.#makeRequest();
    this.#request = request;
    const again = (inMs: number) => {
      const repeated = this.#makeRequest();
      const connection = this.#connection(false);
      world.after(inMs, () => server.process.enter(() => void server.handle(repeated, connection)));
    };
    if (there.duplicates > 0 && this.#repeatable() && this.#carrier.chance(there.duplicates))
      again(this.#carrier.delayOf(there) * 3);
    if (there.againMs > 0 && this.#repeatable()) again(this.#carrier.draw() * there.againMs);
    server.process.enter(() => {
      server.handle(request, this.#connection(this.#onStream !== null)).then(this.#leave, () => this.reset());
    });
    const broken = { reset: () => this.reset(), broke: this.#sourceBroke };
    this.#upload?.begin(server.process, (arrive) => this.#send(there, arrive, world.now), broken);
  };

  /** The client cannot send the rest of its body: it closes the connection. */
  readonly #sourceBroke = (error: unknown) => {
    if (this.#over) return;
    this.#end();
    this.#reject(error);
    this.#leaveServer(this.#carrier.delayOf(this.#to.there));
  };

  #connection(upgradable: boolean): Connection {
    return {
      peer: () => ({ address: this.#client.host.name }),
      disableIdleTimeout() {},
      upgrade: (handler) => {
        if (upgradable) this.#onUpgrade = handler;
        return upgradable;
      },
    };
  }

  #repeatable(): boolean {
    const { method = "GET", headers } = this.#init;
    if (this.#upload !== null) return false; // a stream can be read once
    if (method === "PUT" || method === "DELETE") return true;
    return method === "POST" && Object.hasOwn((headers ?? {}) as object, "idempotency-key");
  }

  #makeRequest(): Request {
    const gone = () => {
      this.#gone ??= new AbortController();
      return this.#gone.signal;
    };
    return new WireRequest(this.#url, this.#init, this.#to.address, gone, this.#upload?.body) as unknown as Request;
  }

  // ---- back

  readonly #leave = (response: Response) => {
    const server = this.#server!;
    if (this.#over) return void response.body?.cancel(); // its connection is closed already
    if (!server.alive) return;
    this.#carrier.answered(server, this.#request!, response);
    const { back } = this.#to;
    if (this.#onUpgrade && response.status === 101) return this.#upgrade(server, this.#onUpgrade);
    if (isStream(this.#url, response)) return this.#stream(response, response.body!);
    this.#send(back, () => this.#client.enter(() => this.#deliver(response)), this.#carrier.world.now);
  };

  #deliver(response: Response): void {
    if (this.#over) return;
    this.#answered = true;
    this.#end();
    this.#resolve(response);
  }

  /** From here on the connection is a two-way stream, and no longer this exchange. */
  #upgrade(server: Process, handler: StreamHandler): void {
    this.#end();
    const connection = new TwoWayConnection(this.#carrier, this.#client, server, this.#to);
    connection.begin(this.#onStream!, this.#reject, handler);
  }

  #stream(response: Response, body: ReadableStream<Uint8Array>): void {
    const { world } = this.#carrier;
    const { back } = this.#to;
    const reader = body.getReader();
    this.#reader = reader;
    const answer = this.#streamedAnswer(response);
    const begin = () =>
      this.#client.enter(() => {
        this.#answered = true;
        this.#resolve(answer);
      });
    this.#send(back, begin, world.now);
    const next = () => {
      reader.read().then(
        ({ done, value }) => {
          if (this.#over) return;
          if (done) {
            this.#send(back, () => this.#client.enter(() => this.#finish()), this.#lastAt);
            return;
          }
          this.#carrier.sentChunk(this.#server!, this.#request!, value);
          const arrive = () => {
            this.#client.enter(() => this.#over || this.#sink!.enqueue(value));
          };
          this.#send(back, arrive, this.#lastAt);
          // A slow link is read no faster than it carries; behind a cut only what the sockets hold is read.
          if (back.maxDelayMs > 100 || (this.#held?.length ?? 0) > 8) world.after(100, next);
          else next();
        },
        () => this.reset(),
      );
    };
    next();
  }

  /** The answer as the client gets it, with a body that the sink fills. */
  #streamedAnswer({ ok, status, headers }: Response): Response {
    const cancel = () => this.#clientLeft();
    if (!headers.get("content-type")?.startsWith(framedMediaType)) {
      const body = new WireBody(cancel);
      this.#sink = body;
      return { ok, status, headers, body } as unknown as Response;
    }
    const start = (controller: Sink) => {
      this.#sink = controller;
    };
    return new Response(new ReadableStream<Uint8Array>({ start, cancel }), { status, headers });
  }

  #finish(): void {
    if (this.#over) return;
    this.#end();
    this.#sink!.close();
  }

  // ---- ends

  /** Both ends find their connection broken, each when the reset reaches it. */
  reset(): void {
    if (this.#over) return;
    this.#fail(socketError("ECONNRESET", "the connection was reset"));
    this.#notifyServer();
  }

  giveUpAfter(ageMs: number): void {
    if (this.#over || this.#answered || this.#carrier.world.now - this.#startedAt < ageMs) return;
    this.#fail(socketError("ETIMEDOUT", "the peer does not answer"));
    if (this.#upload) this.#leaveServer(0);
  }

  processEnded(process: Process): void {
    if (this.#over) return;
    const { world } = this.#carrier;
    const { there, back } = this.#to;
    if (process === this.#server) {
      // Without power no one resets anything, and behind a cut no reset arrives: the client waits, or gives up.
      if (!process.host.up) return;
      this.#send(back, () => this.#fail(socketError("ECONNRESET", "the connection was reset")), world.now);
    } else if (process === this.#client) {
      const silent = !process.host.up || there.cut;
      this.#end();
      this.#leaveServer(silent ? giveUpMs : this.#carrier.delayOf(there));
    }
  }

  abort(reason: unknown): void {
    if (this.#over) return;
    const wasAnswered = this.#answered;
    this.#end();
    if (wasAnswered) this.#sink?.error(reason);
    else this.#reject(reason);
    this.#leaveServer(this.#carrier.delayOf(this.#to.there));
  }

  #clientLeft(): void {
    if (this.#over) return;
    this.#end();
    this.#leaveServer(this.#carrier.delayOf(this.#to.there));
  }

  /** Until the reset reaches it, the server holds a connection whose other end is gone. */
  #leaveServer(inMs: number): void {
    if (this.#reader) this.#carrier.halfOpen(1);
    this.#carrier.world.after(inMs, () => {
      if (this.#reader) this.#carrier.halfOpen(-1);
      this.#notifyServer();
    });
  }

  #notifyServer(): void {
    const server = this.#server;
    if (!server) return;
    server.enter(() => {
      this.#gone?.abort();
      this.#reader?.cancel().catch(() => {});
      this.#upload?.body.error(socketError("ECONNRESET", "the connection was reset"));
    });
  }

  #fail(error: Error): void {
    if (this.#over) return;
    const wasAnswered = this.#answered;
    this.#end();
    this.#client.enter(() => {
      if (!wasAnswered) this.#reject(error);
      else this.#sink?.error(error);
    });
  }

  #end(): void {
    this.#over = true;
    this.#upload?.end();
    this.#carrier.end(this, this.#init.signal);
  }
}

const streamTypes = ["text/event-stream", tarMediaType, framedMediaType] as const;

/** True for an answer that goes on. Heartbeats, which are nearly all requests, are recognised by their address. */
function isStream(url: string, response: Response): boolean {
  if (url.endsWith("/heartbeat")) return false;
  const type = response.headers.get("content-type") ?? "";
  return response.body !== null && streamTypes.some((one) => type.startsWith(one));
}
