// A request as it arrives at a simulated server: what the master's and the worker's handlers ask of the platform's
// Request, without the cost of one. A heartbeat is a third cheaper for it, and a simulated hour is mostly heartbeats.

type Headers_ = Pick<Headers, "get" | "has">;

/** Names in lower case, as all of Podling writes them. */
class WireHeaders implements Headers_ {
  readonly #values: Record<string, string>;
  constructor(values: Record<string, string>) {
    this.#values = values;
  }
  get(name: string): string | null {
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
  readonly #body: string;
  readonly #gone: () => AbortSignal;
  /** The length is always stated, so nobody reads it as a stream. */
  readonly body = null;

  /** `gone` is asked for only by handlers that wait. */
  constructor(url: string, init: RequestInit, host: string, gone: () => AbortSignal) {
    this.url = url;
    this.method = init.method ?? "GET";
    const values: Record<string, string> = { ...(init.headers as Record<string, string> | undefined), host };
    if (typeof init.body === "string") values["content-length"] = String(Buffer.byteLength(init.body));
    this.headers = new WireHeaders(values);
    this.#body = (init.body as string | undefined) ?? "";
    this.#gone = gone;
  }

  get signal(): AbortSignal {
    return this.#gone();
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(Buffer.from(this.#body));
  }
}
