// The typed client: one method for every operation of the table. Answers are values; refusals are values too.

import { type CancelTimer, type Clock, systemClock } from "../lib/clock.ts";
import { type DuplexStream, StreamBroken } from "../lib/duplex.ts";
import { ok } from "../lib/result.ts";
import { shownUrl } from "../lib/server-url.ts";
import { socketErrorCode, socketErrorMeaning } from "../lib/socket-error.ts";
import { type Outcome, type Refusal, type RefusalCode, refusalCodes, refuse } from "../model/refusal.ts";
import type { ErrorBody } from "./errors.ts";
import {
  type AnswerOf,
  type BodyInput,
  type Operation,
  type OperationId,
  operations,
  type ParametersOf,
  type QueryInput,
} from "./operations/operations.ts";
import { type QueryValue, urlPath } from "./operations/url-path.ts";
import { userHeader } from "./origin.ts";
import { openSocketStream } from "./socket-stream.ts";

/** Opens a two-way stream. Rejects if the server does not upgrade the connection. */
export type OpenStream = (url: string, headers: Record<string, string>, signal: AbortSignal) => Promise<DuplexStream>;

export interface ClientOptions {
  /** http://host:port of the master. */
  baseUrl: string;
  token?: string | undefined;
  /** `USER@HOST`, which the master records with each command as its origin. */
  user?: string | undefined;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** For tests and simulation: a fetch that needs no socket. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Opens two-way streams. Default: WebSockets; a client with its own `fetch` has no two-way streams by default. */
  openStream?: OpenStream;
  /** The clock for `timeoutMs`. Default: that of the system. */
  clock?: Clock;
}

export type CallOptions<Id extends OperationId> = ParametersOf<Id> & {
  body?: BodyInput<Id>;
  /** The body, for operations that take a file. */
  upload?: ReadableStream<Uint8Array> | Blob;
  query?: Partial<Record<keyof QueryInput<Id>, QueryValue>>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Gives up after so long without an answer (streams: without the first byte). Default: no limit. */
  timeoutMs?: number;
};

/** The options of every operation, for code that does not know which it is. */
type AnyOptions = Omit<CallOptions<"listTasks">, "body" | "query"> & {
  body?: unknown;
  query?: Record<string, QueryValue>;
};

/** The options of a call: they may be left out if the path has no parameters. */
export type CallArguments<Id extends OperationId> =
  object extends CallOptions<Id> ? [options?: CallOptions<Id>] : [options: CallOptions<Id>];

/** There was no answer, the server of an https URL has no TLS, or the answer broke off. */
export type UnreachableKind = "no-answer" | "no-tls" | "broke-off";

/** The master did not answer completely. `cause` is the error of the socket. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
  readonly baseUrl: string;
  readonly kind: UnreachableKind;
  constructor(baseUrl: string, why: string, cause: unknown, kind: UnreachableKind = "no-answer") {
    super(`cannot reach ${shownUrl(baseUrl)}: ${why}`, { cause });
    this.baseUrl = baseUrl;
    this.kind = kind;
  }
}

/** Sends a prepared request. */
export type PreparedCall = (signal: AbortSignal) => Promise<Response>;

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, "") };
  }

  /** For messages: without a password. */
  get shownUrl(): string {
    return shownUrl(this.#options.baseUrl);
  }

  /**
   * Calls an operation. JSON answers are parsed, text is a string, streams are the body as it comes, 204 is null.
   * Throws UnreachableError if there was no complete answer. A refusal of the master is returned.
   */
  async call<Id extends OperationId>(id: Id, ...args: CallArguments<Id>): Promise<Outcome<AnswerOf<Id> | null>> {
    const response = await this.fetch(id, ...args);
    const options: AnyOptions = args[0] ?? {};
    if (!response.ok) return this.read(() => readRefusal(response), options.signal);
    const { media, streams } = operations[id] as Operation;
    if (response.status === 204 || media === "none") return ok(null);
    if (response.headers.get("content-type")?.startsWith("application/json")) {
      return ok((await this.read(() => response.json(), options.signal)) as AnswerOf<Id>);
    }
    if (media.startsWith("text/") && !streams) {
      return ok((await this.read(() => response.text(), options.signal)) as AnswerOf<Id>);
    }
    return ok(response.body as unknown as AnswerOf<Id>);
  }

  /** Reads a body that `fetch` gave: a connection may also end in the middle of it. Throws UnreachableError. */
  async read<T>(body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new UnreachableError(this.#options.baseUrl, "the answer broke off", error, "broke-off");
    }
  }

  /** The bare response, for headers (Link) and streams. Throws UnreachableError. */
  async fetch<Id extends OperationId>(id: Id, ...args: CallArguments<Id>): Promise<Response> {
    const options: AnyOptions = args[0] ?? {};
    const operation: Operation = operations[id];
    const { method, upload } = operation;
    const url = this.#options.baseUrl + urlPath(operation, options as Record<string, unknown>, options.query);
    const headers: Record<string, string> = { ...options.headers, ...this.#standingHeaders() };
    const init: RequestInit = { method, headers };
    if (options.body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(options.body);
    }
    const giveUp = options.timeoutMs === undefined ? undefined : new AbortController();
    if (options.upload !== undefined) {
      headers["content-type"] = upload ?? "application/octet-stream";
      init.body = options.upload;
    }
    // The timeout ends with the first byte of the answer. AbortSignal.timeout would also end streams.
    const cancelTimer = giveUp && this.#after(options.timeoutMs!, () => giveUp.abort(new Error("timed out")));
    const signals = [options.signal, giveUp?.signal].filter((signal) => signal !== undefined);
    // A single signal is used as it is: AbortSignal.any costs as much as the rest of a heartbeat.
    if (signals.length > 0) init.signal = signals.length === 1 ? signals[0]! : AbortSignal.any(signals);
    try {
      return await (this.#options.fetch ?? fetch)(url, init);
    } catch (error) {
      throw this.unreachable(error, options.signal);
    } finally {
      cancelTimer?.();
    }
  }

  /**
   * For an operation without a body that is called repeatedly: makes the address and the headers once. The promise rejects
   * with the error of the platform; `unreachable` converts it to an UnreachableError.
   */
  prepare(id: OperationId, options: { id: string; headers?: Record<string, string> }): PreparedCall {
    const operation: Operation = operations[id];
    const { method } = operation;
    const url = this.#options.baseUrl + urlPath(operation, { id: options.id });
    const headers = { ...options.headers, ...this.#standingHeaders() };
    const send = this.#options.fetch ?? fetch;
    let init: RequestInit = { method, headers };
    return (signal) => {
      if (init.signal !== signal) init = { method, headers, signal };
      return send(url, init);
    };
  }

  /** Opens the two-way stream of an operation that upgrades its connection. `signal` gives up while it is not open. */
  openStream(id: OperationId, options: { id: string; signal: AbortSignal }): Promise<DuplexStream> {
    const { openStream = this.#options.fetch ? noStreams : openSocketStream } = this.#options;
    const url = this.#options.baseUrl + urlPath(operations[id], options);
    return openStream(url, this.#standingHeaders(), options.signal);
  }

  /** The headers of every request without a body. */
  #standingHeaders(): Record<string, string> {
    const headers: Record<string, string> = { ...this.#options.headers };
    if (this.#options.user) headers[userHeader] = this.#options.user;
    if (this.#options.token) headers.authorization = `Bearer ${this.#options.token}`;
    return headers;
  }

  /** The error for a request that got no answer: UnreachableError, or the error itself if the caller gave it up. */
  unreachable(error: unknown, signal?: AbortSignal): Error {
    if (signal?.aborted || error instanceof UnreachableError) return error as Error;
    const { why, kind } = whyUnreachable(error);
    return new UnreachableError(this.#options.baseUrl, why, error, kind);
  }

  #after(delayMs: number, fire: () => void): CancelTimer {
    return (this.#options.clock ?? systemClock).timer(delayMs, fire);
  }
}

function noStreams(url: string): Promise<never> {
  return Promise.reject(new StreamBroken(`${url} cannot be opened as a stream here`));
}

/** The refusal in an error answer. An answer that is not Podling's becomes a refusal that says so. */
export async function readRefusal(response: Response): Promise<{ ok: false; refusal: Refusal }> {
  const text = await response.text();
  let body: Partial<ErrorBody> = {};
  try {
    body = JSON.parse(text) as Partial<ErrorBody>;
  } catch {
    // Not JSON: another server answered.
  }
  if (typeof body.error !== "string" || !refusalCodes.includes(body.code as RefusalCode)) {
    const start = text.slice(0, 200).trim() || "nothing";
    return refuse("internal", `the answer (HTTP ${response.status}) is not from Podling: ${start}`, {
      hint: "Check the address: something else may be listening there.",
    });
  }
  return refuse(body.code as RefusalCode, body.error, {
    ...(body.hint ? { hint: body.hint } : {}),
    ...(body.details ? { details: body.details } : {}),
  });
}

function whyUnreachable(error: unknown): { why: string; kind: UnreachableKind } {
  const code = socketErrorCode(error);
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) {
    return { why: "the server there does not use TLS", kind: "no-tls" };
  }
  return { why: socketErrorMeaning(error), kind: "no-answer" };
}
