// The HTTP shell of master and worker: Request -> Response. Routes, checks access and validates by a table of operations,
// and turns outcomes into answers. It never throws: a bug becomes an `internal` answer and a line in the log.

import type { z } from "zod";
import type { Log } from "../../lib/log.ts";
import type { Origin } from "../../model/origin.ts";
import { type Outcome, type Refusal, refuse } from "../../model/refusal.ts";
import type { AccessControl } from "../access-control.ts";
import { type Connection, type Peer, type StreamHandler, upgraded } from "../connection.ts";
import type { BodyName, Operation, QueryName, Table } from "../operations/operation.ts";
import { createRouter, type Router } from "../operations/router.ts";
import { originOf, unnamedOrigin } from "../origin.ts";
import { refusalResponse } from "../refusal-response.ts";
import { queries } from "../schemas/queries.ts";
import { parseQuery } from "../schemas/validation.ts";
import { checkUpload, IncompleteBody, readBody } from "./body.ts";
import { type Call, EncodedJson, type HandlersOf } from "./call.ts";

export interface ShellOptions<T extends Table> {
  table: T;
  /** The schemas of the bodies that the operations of the table name. */
  bodies: Readonly<Partial<Record<BodyName, z.ZodType>>>;
  handlers: HandlersOf<T>;
  access: AccessControl;
  log: Log;
  /** Where to find the list of operations, for requests to unknown paths. */
  hint: string;
  /** The page to which a browser is sent from `/`. Left out if the server has none. */
  page?: string;
  /** Called for each answer. */
  onAnswer: (method: string, status: number) => void;
}

export type Fetch = (request: Request, connection?: Connection) => Promise<Response>;

/** The status for a client that disconnected before its request was complete, as nginx counts it. Nothing is sent. */
const clientGone = 499;

/** Handlers of different operations have different types; the table says which belongs to which. */
type AnyHandler = (call: Call<Operation>) => Outcome<unknown> | Promise<Outcome<unknown>>;

export function createShell<T extends Table>(options: ShellOptions<T>): Fetch {
  const { handlers, bodies, log, onAnswer } = options;
  const route = createRouter(options.table);
  // One async function from request to answer: each further one would cost every request a microsecond.
  return async (request, connection) => {
    let response: Response;
    try {
      const found = findOperation(options, route, request);
      if (found instanceof Response) response = found;
      else {
        const { id, operation, parameters, origin, query } = found;
        const body = operation.body
          ? await readBody(bodies[operation.body]!, request, operation.bodyBytes)
          : checkUpload(operation, request);
        if (!body.ok) response = refusalResponse(body.refusal);
        else {
          const call = new RequestCall(request, connection, origin, parameters, body.value, query);
          const outcome = await (handlers[id] as unknown as AnyHandler)(call as unknown as Call<Operation>);
          response = responseTo(request, operation, outcome);
        }
      }
    } catch (error) {
      response = error instanceof IncompleteBody ? left(request, error, log) : failed(request, error, log);
    }
    onAnswer(request.method, response.status);
    return response;
  };
}

/** The operation of the request, by its path and headers; or why the request is refused. */
function findOperation<T extends Table>(
  { table, access, hint, page }: ShellOptions<T>,
  route: Router<keyof T & string>,
  request: Request,
) {
  const { path, search } = splitUrl(request.url);
  const match = route(request.method, path);
  const operation: Operation | null = match.found ? table[match.id]! : null;
  const toPage = page !== undefined && path === "/" && wantsPage(request);
  const denied = access.refusal(request.headers, toPage ? "open" : (operation?.access ?? "read"));
  if (denied) return refusalResponse(denied);
  if (toPage) return new Response(null, { status: 302, headers: { location: page, vary: "Accept" } });
  if (!match.found || !operation) {
    const single = path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
    const meant = [single, single.toLowerCase()].find((one) => one !== path && route(request.method, one).found);
    const next = meant === undefined ? hint : `Did you mean ${meant}? ${hint}`;
    return refusalResponse(notFound(request.method, path, match.found ? [] : match.allowed, next));
  }
  const origin = changes(operation) ? originOf(request.headers) : unnamedOrigin;
  if (!origin.ok) return refusalResponse(origin.refusal);
  const query = search === "" ? withoutSearch(operation.query) : parsedSearch(operation.query, search);
  if (!query.ok) return refusalResponse(query.refusal);
  if (request.method === "HEAD" && operation.streams)
    return new Response(null, { status: operation.status, headers: headersOf(operation) });
  return { id: match.id, operation, parameters: match.parameters, origin: origin.value, query: query.value };
}

/** True for a browser that opens an address. Programs ask for JSON, or for anything. */
function wantsPage({ method, headers }: Request): boolean {
  return (method === "GET" || method === "HEAD") && /\btext\/html\b/i.test(headers.get("accept") ?? "");
}

function responseTo({ method }: Request, operation: Operation, outcome: Outcome<unknown>): Response {
  if (!outcome.ok) return refusalResponse(outcome.refusal);
  return method === "HEAD" ? headAnswer(operation, outcome.value) : answerResponse(operation, outcome.value);
}

/** No client reads the answer. */
function left({ url }: Request, { message }: IncompleteBody, log: Log): Response {
  log.info("a client has left before its request was complete", { url, why: message });
  return new Response(null, { status: clientGone });
}

function failed({ url }: Request, error: unknown, log: Log): Response {
  const { message, stack } = error as Error;
  log.error("a request failed because of a bug", { url, why: stack ?? message });
  return refusalResponse({
    code: "internal",
    message: `a bug in Podling: ${message}`,
    hint: "The server's log has the details; please report them.",
  });
}

/** Asks the platform only for what a handler uses: a request's signal alone costs as much as its route. */
class RequestCall {
  readonly #request: Request;
  readonly #connection: Connection | undefined;
  readonly origin: Origin;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly query: unknown;

  constructor(
    request: Request,
    connection: Connection | undefined,
    origin: Origin,
    parameters: Readonly<Record<string, string>>,
    body: unknown,
    query: unknown,
  ) {
    this.#request = request;
    this.#connection = connection;
    this.origin = origin;
    this.parameters = parameters;
    this.body = body;
    this.query = query;
  }

  get headers(): Headers {
    return this.#request.headers;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  peer(): Peer {
    return this.#connection?.peer() ?? { address: null };
  }

  async *upload(): AsyncGenerator<Uint8Array> {
    if (!this.#request.body) return;
    const pieces = this.#request.body[Symbol.asyncIterator]();
    try {
      for (let next = await read(pieces); !next.done; next = await read(pieces)) yield next.value;
    } finally {
      await pieces.return?.();
    }
  }

  mayTakeLong(): void {
    this.#connection?.disableIdleTimeout();
  }

  upgrade(handler: StreamHandler): Outcome<Response> {
    if (this.#connection?.upgrade(handler)) return { ok: true, value: upgraded() };
    return refuse("invalid-field", "header Upgrade: this operation needs a WebSocket connection", {
      hint: "Connect with a WebSocket client, or with podling.",
      details: { field: "Upgrade" },
    });
  }
}

async function read(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await pieces.next();
  } catch (error) {
    throw new IncompleteBody("the client has disconnected before its upload was complete", { cause: error });
  }
}

/** True when the operation can change something: only then its origin is recorded. */
function changes({ method }: Operation): boolean {
  return method !== "GET";
}

/** Splits "http://host/path?search" without the cost of a URL object; also works if the Host header makes the URL invalid. */
function splitUrl(url: string): { path: string; search: string } {
  // A request of HTTP/1.0 may name no host: then there is nothing before the path.
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("//") + 2);
  const mark = url.indexOf("?", start);
  return mark < 0
    ? { path: url.slice(start), search: "" }
    : { path: url.slice(start, mark), search: url.slice(mark + 1) };
}

function answerResponse(operation: Operation, answer: unknown): Response {
  if (answer instanceof Response) return answer;
  const { status, media } = operation;
  if (answer instanceof EncodedJson) {
    return new Response(answer.body, { status, headers: { "content-type": json, ...answer.headers } });
  }
  if (media === "none") return new Response(null, { status });
  if (answer instanceof ReadableStream) return new Response(answer, { status, headers: headersOf(operation) });
  if (media === json) return new Response(JSON.stringify(answer), { status, headers: { "content-type": json } });
  const page = media === "text/html" ? notFramed : {};
  return new Response(String(answer), { status, headers: { "content-type": `${media}; charset=utf-8`, ...page } });
}

/** The page sends requests: inside a page of another site, it could be clicked on unseen. */
const notFramed = { "content-security-policy": "frame-ancestors 'none'", "x-frame-options": "DENY" } as const;

/** The headers of a streamed answer. An operation that answers JSON streams a watched list, which consists of events. */
function headersOf({ media }: Operation): Record<string, string> {
  return { "content-type": media === json ? "text/event-stream" : media, "cache-control": "no-store" };
}

/** The answer to HEAD. The platform leaves out a complete body; a stream is cancelled before it begins. */
function headAnswer(operation: Operation, answer: unknown): Response {
  const response = answerResponse(operation, answer);
  const body = answer instanceof EncodedJson ? answer.body : answer;
  if (!(body instanceof ReadableStream)) return response;
  void response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}

/** The refusal for a path that takes other methods only (`allowed`), or does not exist. */
function notFound(method: string, path: string, allowed: string[], hint: string): Refusal {
  if (allowed.length > 0) {
    return {
      code: "method-not-allowed",
      message: `${path} does not take ${method}`,
      hint: `It takes ${allowed.join(", ")}.`,
      details: { allowed },
    };
  }
  return { code: "route-not-found", message: `there is nothing at ${path}`, hint, details: { path } };
}

function parsedSearch(name: QueryName | undefined, search: string): Outcome<Record<string, unknown>> {
  return parseQuery(name && queries[name], new URLSearchParams(search));
}

/** What a request without a search gives, by query: it is parsed once. */
const empty = new Map<QueryName | undefined, Outcome<Record<string, unknown>>>();

function withoutSearch(name: QueryName | undefined): Outcome<Record<string, unknown>> {
  const known = empty.get(name);
  if (known) return known;
  const parsed = parsedSearch(name, "");
  empty.set(name, parsed);
  return parsed;
}

const json = "application/json";
