// The HTTP shell: Request -> Response. Routes, guards and validates by the table of operations, and turns outcomes into
// answers. What an operation does is in handlers.ts.

import type { z } from "zod";
import { type Connection, type Peer, type StreamHandler, upgraded } from "../../api/connection.ts";
import type { Guard } from "../../api/guard.ts";
import {
  type AnswerOf,
  type BodyOutput,
  type Operation,
  type OperationId,
  operations,
  type QueryOutput,
} from "../../api/operations/operations.ts";
import { route } from "../../api/operations/router.ts";
import { originOf } from "../../api/origin.ts";
import { refusalResponse } from "../../api/refusal-response.ts";
import { parseBody, parseQuery } from "../../api/schemas/validation.ts";
import { concatenate } from "../../lib/frames.ts";
import type { Log } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import type { Origin } from "../../model/origin.ts";
import { type Outcome, type Refusal, refuse } from "../../model/refusal.ts";
import type { HttpCounters } from "./metrics.ts";

/** What a handler is given: validated, normalised. */
export interface Call<Id extends OperationId> {
  /** The `{id}` of the path, "" where it has none. */
  id: string;
  body: BodyOutput<Id>;
  query: QueryOutput<Id>;
  headers: Headers;
  /** Who asks, by the request's headers. */
  origin: Origin;
  /** The body of an operation that takes an upload, as it comes. */
  upload(): AsyncIterable<Uint8Array>;
  /** Aborted when the caller goes away. */
  signal: AbortSignal;
  /** Who is at the other end of the connection. */
  peer(): Peer;
  /** Turns the connection into a two-way stream; the refusal if the client did not ask for one. */
  upgrade(handler: StreamHandler): Outcome<Response>;
  /** For an answer that may take long: the connection's idle timeout no longer applies. */
  mayTakeLong(): void;
}

/** JSON text that is ready to send, with headers where it has any. */
export class JsonText {
  readonly text: string;
  readonly headers: Record<string, string>;
  constructor(text: string, headers: Record<string, string> = {}) {
    this.text = text;
    this.headers = headers;
  }
}

type Answer<Id extends OperationId> = AnswerOf<Id> | JsonText | Response | ReadableStream<Uint8Array> | null;

export type Handlers = {
  [Id in OperationId]: (call: Call<Id>) => Outcome<Answer<Id>> | Promise<Outcome<Answer<Id>>>;
};

export interface HttpOptions {
  handlers: Handlers;
  guard: Guard;
  counters: HttpCounters;
  log: Log;
}

export type Fetch = (request: Request, connection?: Connection) => Promise<Response>;

export function createHttp({ handlers, guard, counters, log }: HttpOptions): Fetch {
  const answer = async (request: Request, connection: Connection | undefined): Promise<Response> => {
    const { path, search } = splitUrl(request.url);
    // Load balancers ask with HEAD; the platform leaves the body out.
    const match = route(request.method === "HEAD" ? "GET" : request.method, path);
    const operation: Operation | null = match.found ? operations[match.id] : null;
    const unwelcome = guard.refusal(request.headers, operation?.open === true);
    if (unwelcome) return refusalResponse(unwelcome);
    const noHead = request.method === "HEAD" && operation?.open !== true;
    if (!match.found || !operation || noHead)
      return refusalResponse(notFound(request.method, path, match.found ? [operation!.method] : match.allowed));
    const origin = originOf(request.headers);
    if (!origin.ok) return refusalResponse(origin.refusal);
    const query = search === "" ? noQuery : parseQuery(operation.query, new URLSearchParams(search));
    if (!query.ok) return refusalResponse(query.refusal);
    const body = operation.body ? await readBody(operation.body, request) : checkUpload(operation, request);
    if (!body.ok) return refusalResponse(body.refusal);
    const handler = handlers[match.id] as (call: Call<OperationId>) => Promise<Outcome<unknown>>;
    const call = new RequestCall(request, connection, origin.value, match.parameter, body.value, query.value);
    const outcome = await handler(call as unknown as Call<OperationId>);
    return outcome.ok ? answerResponse(operation, outcome.value) : refusalResponse(outcome.refusal);
  };
  return async (request, connection) => {
    let response: Response;
    try {
      response = await answer(request, connection);
    } catch (error) {
      if (error instanceof BrokeOff) return gone(request, counters);
      const { message, stack } = error as Error;
      log.error("a request failed inside", { url: request.url, why: stack ?? message });
      response = refusalResponse({
        code: "internal",
        message: `a bug in Podling: ${message}`,
        hint: "The master's log has the particulars; please report them.",
      });
    }
    counters.count(request.method, response.status);
    return response;
  };
}

/** Nobody hears this answer, and nothing broke here. */
function gone(request: Request, counters: HttpCounters): Response {
  counters.count(request.method, clientGone);
  return new Response(null, { status: clientGone });
}

/** As nginx counts those. */
const clientGone = 499;

/** Asks the platform only for what a handler asks for: a request's signal alone costs as much as its route. */
class RequestCall {
  readonly #request: Request;
  readonly #connection: Connection | undefined;
  readonly origin: Origin;
  readonly id: string;
  readonly body: unknown;
  readonly query: unknown;

  constructor(
    request: Request,
    connection: Connection | undefined,
    origin: Origin,
    id: string,
    body: unknown,
    query: unknown,
  ) {
    this.#request = request;
    this.#connection = connection;
    this.origin = origin;
    this.id = id;
    this.body = body;
    this.query = query;
  }

  get headers(): Headers {
    return this.#request.headers;
  }

  async *upload(): AsyncGenerator<Uint8Array> {
    if (this.#request.body) for await (const piece of this.#request.body) yield piece;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  peer(): Peer {
    return this.#connection?.peer() ?? { address: null };
  }

  upgrade(handler: StreamHandler): Outcome<Response> {
    if (this.#connection?.upgrade(handler)) return { ok: true, value: upgraded() };
    return refuse("invalid-field", "header Upgrade: this operation needs a WebSocket connection", {
      hint: "Connect with a WebSocket client, or with podling.",
      details: { field: "Upgrade" },
    });
  }

  mayTakeLong(): void {
    this.#connection?.disableIdleTimeout();
  }
}

/** "http://host/path?search" without the cost of a URL object. */
function splitUrl(url: string): { path: string; search: string } {
  // A request of HTTP/1.0 may name no host: then there is nothing before the path.
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("//") + 2);
  const mark = url.indexOf("?", start);
  return mark < 0
    ? { path: url.slice(start), search: "" }
    : { path: url.slice(start, mark), search: url.slice(mark + 1) };
}

/** Of a body that the handler reads by itself: its type, and its length where that is said. */
function checkUpload({ upload }: Operation, { headers }: Request): Outcome<undefined> {
  if (upload === undefined) return noBody;
  const type = headers.get("content-type");
  if (type?.split(";")[0]?.trim().toLowerCase() !== upload) {
    return refuse("unsupported-media-type", `the body is ${type ?? "of no stated type"}, not ${upload}`, {
      hint: `Send the header Content-Type: ${upload}.`,
      details: { contentType: type },
    });
  }
  const bytes = Number(headers.get("content-length") ?? 0);
  if (bytes <= limits.backupBytes) return noBody;
  return refuse("body-too-large", `the body has ${bytes} bytes; at most ${limits.backupBytes} are taken`, {
    hint: "Is this the right file?",
    details: { bytes, limit: limits.backupBytes },
  });
}

async function readBody(schema: z.ZodType, request: Request): Promise<Outcome<unknown>> {
  const type = request.headers.get("content-type");
  const bytes = await readBytes(request);
  if (bytes === null) return tooLarge(request.headers.get("content-length"));
  // A heartbeat by hand has no body, and then no type either.
  if (type !== json && !/^application\/json\s*(;|$)/i.test(type ?? "") && !(bytes.length === 0 && type === null)) {
    return refuse("unsupported-media-type", `the body is ${type ?? "of no stated type"}, not application/json`, {
      hint: "Send the header Content-Type: application/json.",
      details: { contentType: type },
    });
  }
  const text = decodeText(bytes);
  return text === null ? notUtf8() : parseBody(schema, text);
}

function notUtf8(): Outcome<never> {
  return refuse("invalid-json", "the body is not UTF-8", {
    hint: "JSON is sent as UTF-8, and uncompressed.",
  });
}

/** Null: it is too large. What is beyond the limit is not read. */
async function readBytes(request: Request): Promise<Uint8Array | null> {
  try {
    const length = request.headers.get("content-length");
    if (length === null) return await readUntold(request);
    return Number(length) > limits.bodyBytes ? null : await request.bytes();
  } catch (error) {
    throw new BrokeOff("the body broke off", { cause: error });
  }
}

/** The caller went away, or was too slow, before its request was whole. */
class BrokeOff extends Error {}

/** A body in chunks tells its length only at its end. */
async function readUntold(request: Request): Promise<Uint8Array | null> {
  if (!request.body) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > limits.bodyBytes) return null;
    chunks.push(chunk);
  }
  return concatenate(chunks);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Null: it is no UTF-8. Guessing would store something other than what was sent. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function tooLarge(length: string | null): Outcome<never> {
  const told = length === null ? `more than ${limits.bodyBytes} bytes` : `${length} bytes`;
  return refuse("body-too-large", `the body has ${told}; at most ${limits.bodyBytes} are taken`, {
    hint: "Mount large data as a volume instead of sending it in a task.",
    details: { bytes: length === null ? null : Number(length), limit: limits.bodyBytes },
  });
}

function answerResponse(operation: Operation, answer: unknown): Response {
  if (answer instanceof Response) return answer;
  if (answer instanceof JsonText) return jsonResponse(answer.text, operation.status, answer.headers);
  if (operation.media === "none") return new Response(null, { status: operation.status });
  if (answer instanceof ReadableStream) {
    const headers: Record<string, string> = { "content-type": operation.media, "cache-control": "no-store" };
    return new Response(answer, { status: operation.status, headers });
  }
  if (operation.media === "application/json") return jsonResponse(JSON.stringify(answer), operation.status);
  return new Response(String(answer), {
    status: operation.status,
    headers: { "content-type": `${operation.media}; charset=utf-8` },
  });
}

function jsonResponse(text: string, status: number, more: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { "content-type": json, ...more } });
}

/** The path exists with other methods, or it does not exist. */
function notFound(method: string, path: string, allowed: string[]): Refusal {
  if (allowed.length > 0) {
    return {
      code: "method-not-allowed",
      message: `${path} does not take ${method}`,
      hint: `It takes ${allowed.join(", ")}.`,
      details: { allowed },
    };
  }
  return {
    code: "route-not-found",
    message: `there is nothing at ${path}`,
    hint: "GET /openapi.json lists all operations; /docs shows them as a page.",
    details: { path },
  };
}

/** No operation asks for a parameter, and none gives one a default: without a search there is nothing to parse. */
const noQuery: Outcome<Record<string, unknown>> = { ok: true, value: {} };
const noBody: Outcome<undefined> = { ok: true, value: undefined };
const json = "application/json";
