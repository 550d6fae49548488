// A request as it arrives at a simulated server: what the handlers of master and worker ask of the platform's Request,
// without the cost of one.

import type { WireBody } from "./wire-body.ts";

type Headers_ = Pick<Headers, "get" | "has">;
type Values = Record<string, string>;

const none: Values = {};

/** Names in lower case, as all of Podling writes them. */
class WireHeaders implements Headers_ {
  readonly #values: Values;
  readonly #host: string;
  readonly #body: string | null;
  constructor(values: Values, host: string, body: string | null) {
    this.#values = values;
    this.#host = host;
    this.#body = body;
  }
  get(name: string): string | null {
    if (name === "host") return this.#host;
    if (name === "content-length") return this.#body === null ? null : String(Buffer.byteLength(this.#body));
    return this.#values[name] ?? null;
  }
  has(name: string): boolean {
    return this.get(name) !== null;
  }
}

export class WireRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers_;
  readonly #body: string | null;
  readonly #gone: () => AbortSignal;
  /** A body that comes piece by piece. Null for a body whose length is stated, which no handler reads as a stream. */
  readonly body: AsyncIterable<Uint8Array> | null;

  /** `gone` gives the signal for handlers that wait; most never ask for it. */
  constructor(url: string, init: RequestInit, host: string, gone: () => AbortSignal, upload: WireBody | null = null) {
    this.url = url;
    this.method = init.method ?? "GET";
    this.#body = typeof init.body === "string" ? init.body : null;
    this.headers = new WireHeaders((init.headers as Values | undefined) ?? none, host, this.#body);
    this.#gone = gone;
    this.body = upload;
  }

  get signal(): AbortSignal {
    return this.#gone();
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(Buffer.from(this.#body ?? ""));
  }
}
