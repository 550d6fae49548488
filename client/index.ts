// A typed client of the API of Podling. Its paths, parameters, bodies and answers are those of schema.d.ts, which is made from
// openapi.json: scripts/client.ts builds the package.

import createFetchClient, { type Client, type ClientOptions } from "openapi-fetch";
import type { paths } from "./schema.js";
import type { WatchEvent } from "./schemas.js";

export type { components, operations, paths } from "./schema.js";
export type * from "./schemas.js";

export type PodlingClient = Client<paths>;

export interface PodlingOptions extends ClientOptions {
  /** Address of the master. Default: http://localhost:8080. */
  baseUrl?: string;
  /** The token of the master, if it was started with one. */
  token?: string | undefined;
  /** USER@HOST, which the master records with each change. */
  user?: string | undefined;
}

export function createClient(options: PodlingOptions = {}): PodlingClient {
  const { token, user, ...rest } = options;
  const headers = new Headers(rest.headers as ConstructorParameters<typeof Headers>[0]);
  if (token) headers.set("authorization", `Bearer ${token}`);
  if (user) headers.set("podling-user", user);
  return createFetchClient<paths>({ baseUrl: "http://localhost:8080", ...rest, headers });
}

/** The body of a refusal. */
interface Refusal {
  error: string;
  code: string;
  details?: object;
  hint?: string;
}

/** A refusal of the master. Programs decide by `code`; `message` is a sentence for people. */
export class PodlingError extends Error {
  override readonly name = "PodlingError";
  readonly status: number;
  readonly code: string;
  readonly details: object;
  /** What to do next; may be empty. */
  readonly hint: string;

  constructor(status: number, refusal: Refusal) {
    super(refusal.error);
    this.status = status;
    this.code = refusal.code;
    this.details = refusal.details ?? {};
    this.hint = refusal.hint ?? "";
  }
}

/** The answer of a call. Throws a PodlingError if the master refuses it. */
export async function unwrap<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  const refusal = error as Partial<Refusal> | undefined;
  const { error: said = `HTTP ${response.status}`, code = "internal" } = refusal ?? {};
  throw new PodlingError(response.status, { ...refusal, error: said, code });
}

export interface ChangesOptions {
  /** Resume after this revision. Default: from now on. */
  since?: number;
  signal?: AbortSignal;
}

/** All changes of the cluster, as they happen, until the connection ends. */
export async function* changes(client: PodlingClient, options: ChangesOptions = {}): AsyncGenerator<WatchEvent> {
  const { since, signal } = options;
  const query = since === undefined ? {} : { since };
  const init = { params: { query }, parseAs: "stream", ...(signal ? { signal } : {}) } as const;
  const body = await unwrap(client.GET("/api/v1/watch", init));
  if (body === null) return;
  for await (const { event, data } of eventsOf(body)) if (event === "change") yield JSON.parse(data) as WatchEvent;
}

/** Reads server-sent events. Every event of Podling has one line of data. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
        const data = field("data");
        if (data !== undefined) yield { event: field("event") ?? "message", data };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
