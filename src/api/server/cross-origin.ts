// Lets pages of allowed origins read the answers of a server (CORS), and answers the question that a browser asks before a
// request. Who may call an operation is decided by the access control, as for every request.

import type { AccessControl } from "../access-control.ts";
import { refusalResponse } from "../refusal-response.ts";
import type { Fetch } from "./shell.ts";

const methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
const requestHeaders = [
  ...["authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id"],
  ...["podling-user", "prefer", "x-request-id"],
].join(", ");
const answerHeaders = "link, location, retry-after";
/** How long a browser may keep the answer to its question. */
const keptSeconds = 600;

export function withCrossOrigin(fetch: Fetch, access: AccessControl): Fetch {
  if (!access.allowsOrigins) return fetch;
  return async (request, connection) => {
    const { headers, method } = request;
    const origin = access.allowedOrigin(headers);
    if (origin === null) return fetch(request, connection);
    const asks = method === "OPTIONS" && headers.get("access-control-request-method") !== null;
    const response = asks ? answerToQuestion(request, access) : await fetch(request, connection);
    response.headers.set("access-control-allow-origin", origin);
    response.headers.set("access-control-expose-headers", answerHeaders);
    response.headers.append("vary", "Origin");
    return response;
  };
}

/** The browser asks whether the page may send its request. */
function answerToQuestion({ headers }: Request, access: AccessControl): Response {
  const refusal = access.refusal(headers, "open");
  if (refusal) return refusalResponse(refusal);
  const answer: Record<string, string> = {
    "access-control-allow-methods": methods,
    "access-control-allow-headers": requestHeaders,
    "access-control-max-age": String(keptSeconds),
  };
  if (headers.get("access-control-request-private-network") === "true")
    answer["access-control-allow-private-network"] = "true";
  return new Response(null, { status: 204, headers: answer });
}
