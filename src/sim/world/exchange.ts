// One request and its answer on the simulated network, from the first byte to the last of a stream. It ends once:
// answered, reset, given up, or because a program at one end died.

import type { Link, Network } from "./network.ts";
import type { Process } from "./process.ts";
import { WireRequest } from "./wire-request.ts";

/** A peer that says nothing for so long is given up by the platform, whatever the program thinks. */
const giveUpMs = 120_000;

/** As sockets say it: api/client.ts and worker/reporter.ts read the code. */
function socketError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

export class Exchange {
  readonly #network: Network;
  readonly #client: Process;
  readonly #url: string;
  readonly #init: RequestInit;
  readonly #there: Link;
  readonly #back: Link;
  readonly #target: string;
  #server: Process | null = null;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #answered = false;
  #over = false;
  #request: Request | null = null;
  /** Ends the request's signal at the server; null: nobody there has asked for it. */
  #gone: AbortController | null = null;
  #reader: ReturnType<ReadableStream<Uint8Array>["getReader"]> | null = null;
  #sink: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Of the last chunk: they arrive in order. */
  #lastAt = 0;
  readonly #held: (() => void)[] = [];
  #cancelGiveUp = () => {};

  constructor(network: Network, client: Process, url: string, init: RequestInit) {
    this.#network = network;
    this.#client = client;
    this.#url = url;
    this.#init = init;
    const start = url.indexOf("//") + 2;
    const slash = url.indexOf("/", start);
    this.#target = url.slice(start, slash < 0 ? url.length : slash);
    const host = this.#target.slice(0, this.#target.lastIndexOf(":"));
    const { there, back } = network.route(client.host.name, host);
    this.#there = there;
    this.#back = back;
  }

  /** An answer that goes on for as long as somebody reads. */
  get streams(): boolean {
    return this.#reader !== null;
  }

  begin(): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { signal } = this.#init;
      if (!this.#client.alive) return; // nobody is there to be told
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", this.#onAbort);
      this.#network.exchanges.add(this);
      this.#cancelGiveUp = this.#network.world.after(giveUpMs, () => {
        if (!this.#answered) this.#fail(socketError("ETIMEDOUT", "the peer does not answer"));
      });
      this.#send(this.#there, () => this.#arrive(), 0);
    });
  }

  // ---- there

  /** Over a link: after its delay; behind a cut, when that has healed. */
  #send(link: Link, arrive: () => void, notBefore: number): void {
    const { world } = this.#network;
    this.#network.messages++;
    if (this.#network.chance(link.loss)) {
      world.after(this.#network.random.next() * 2000, () => this.reset());
      return;
    }
    const at = Math.max(notBefore, world.now + this.#network.delayOf(link));
    this.#lastAt = at;
    world.after(at - world.now, () => {
      if (this.#over) return;
      if (link.cut || this.#held.length > 0) this.#hold(link, arrive);
      else arrive();
    });
  }

  #hold(link: Link, arrive: () => void): void {
    this.#held.push(arrive);
    if (this.#held.length > 1) return;
    link.held.add(() => {
      if (this.#over) return;
      // After a short cut the connection goes on; otherwise one of its ends has given it up.
      if (this.#network.chance(0.4)) return this.reset();
      for (const goOn of this.#held.splice(0)) goOn();
    });
  }

  #arrive(): void {
    const { world } = this.#network;
    const server = this.#network.server(this.#target);
    const host = this.#network.host(this.#target.slice(0, this.#target.lastIndexOf(":")));
    if (!host?.up) return; // no power: nothing answers
    if (!server) {
      this.#send(this.#back, () => this.#fail(socketError("ECONNREFUSED", "connection refused")), world.now);
      return;
    }
    this.#server = server.process;
    const request = this.#makeRequest();
    this.#request = request;
    const answer = () =>
      server.process.enter(() => {
        server.handle(request, this.#client.host.name).then(
          (response) => this.#leave(response),
          () => this.reset(),
        );
      });
    if (this.#repeatable() && this.#network.chance(this.#there.duplicates)) {
      const again = this.#makeRequest();
      world.after(this.#network.delayOf(this.#there) * 3, () =>
        server.process.enter(() => void server.handle(again, this.#client.host.name)),
      );
    }
    answer();
  }

  #repeatable(): boolean {
    const { method = "GET", headers } = this.#init;
    if (method === "PUT" || method === "DELETE") return true;
    return method === "POST" && Object.hasOwn((headers ?? {}) as object, "idempotency-key");
  }

  #makeRequest(): Request {
    const gone = () => {
      this.#gone ??= new AbortController();
      return this.#gone.signal;
    };
    return new WireRequest(this.#url, this.#init, this.#target, gone) as unknown as Request;
  }

  // ---- back

  #leave(response: Response): void {
    const server = this.#server!;
    if (this.#over) return void response.body?.cancel(); // its connection is closed already
    if (!server.alive) return;
    this.#network.onAnswer(server, this.#request!, response);
    const type = response.headers.get("content-type") ?? "";
    const body = response.body;
    if (body && (type.startsWith("text/event-stream") || type.includes("multiplexed"))) {
      this.#stream(response, body);
      return;
    }
    this.#send(this.#back, () => this.#client.enter(() => this.#deliver(response)), this.#network.world.now);
  }

  #deliver(response: Response): void {
    if (this.#over) return;
    this.#answered = true;
    this.#end();
    this.#resolve(response);
  }

  #stream(response: Response, body: ReadableStream<Uint8Array>): void {
    const reader = body.getReader();
    this.#reader = reader;
    const copy = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#sink = controller;
      },
      cancel: () => this.#clientLeft(),
    });
    const answer = new Response(copy, { status: response.status, headers: response.headers });
    const begin = () =>
      this.#client.enter(() => {
        this.#answered = true;
        this.#cancelGiveUp();
        this.#resolve(answer);
      });
    this.#send(this.#back, begin, this.#network.world.now);
    const next = () => {
      reader.read().then(
        ({ done, value }) => {
          if (this.#over) return;
          if (done) {
            this.#send(this.#back, () => this.#client.enter(() => this.#finish()), this.#lastAt);
            return;
          }
          this.#network.onChunk(this.#server!, this.#request!, value);
          const arrive = () => {
            this.#client.enter(() => this.#over || this.#sink!.enqueue(value));
          };
          this.#send(this.#back, arrive, this.#lastAt);
          // A slow link is read no faster than it carries; behind a cut only what the sockets hold is read.
          if (this.#back.maxDelayMs > 100 || this.#held.length > 8) this.#network.world.after(100, next);
          else next();
        },
        () => this.reset(),
      );
    };
    next();
  }

  #finish(): void {
    if (this.#over) return;
    this.#end();
    this.#sink!.close();
  }

  // ---- ends

  /** Both ends find their connection broken, each when it hears of it. */
  reset(): void {
    if (this.#over) return;
    this.#fail(socketError("ECONNRESET", "the connection was reset"));
    this.#tellServer();
  }

  processEnded(process: Process): void {
    if (this.#over) return;
    const { world } = this.#network;
    if (process === this.#server) {
      // Without power no one resets anything, and behind a cut no reset arrives: the client waits, or gives up.
      if (!process.host.up) return;
      this.#send(this.#back, () => this.#fail(socketError("ECONNRESET", "the connection was reset")), world.now);
    } else if (process === this.#client) {
      const silent = !process.host.up || this.#there.cut;
      this.#end();
      this.#leaveServer(silent ? giveUpMs : this.#network.delayOf(this.#there));
    }
  }

  readonly #onAbort = () => {
    if (this.#over) return;
    const { signal } = this.#init;
    if (this.#answered) {
      this.#end();
      this.#sink?.error(signal?.reason);
    } else {
      this.#end();
      this.#reject(signal?.reason);
    }
    this.#leaveServer(this.#network.delayOf(this.#there));
  };

  #clientLeft(): void {
    if (this.#over) return;
    this.#end();
    this.#leaveServer(this.#network.delayOf(this.#there));
  }

  /** Until it hears of it, the server holds a connection whose other end is gone. */
  #leaveServer(inMs: number): void {
    const { world } = this.#network;
    if (this.#reader) this.#network.halfOpenStreams++;
    world.after(inMs, () => {
      if (this.#reader) this.#network.halfOpenStreams--;
      this.#tellServer();
    });
  }

  /** The server's end of it: nobody reads any more. */
  #tellServer(): void {
    const server = this.#server;
    if (!server) return;
    server.enter(() => {
      this.#gone?.abort();
      this.#reader?.cancel().catch(() => {});
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
    this.#cancelGiveUp();
    this.#init.signal?.removeEventListener("abort", this.#onAbort);
    this.#network.exchanges.delete(this);
  }
}
