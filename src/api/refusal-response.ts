// A refusal as an HTTP answer: the status of its code, the error body, and the headers that go with it.

import type { Refusal } from "../model/refusal.ts";
import { errorBody, errorCatalogue, retryAfterSeconds } from "./errors.ts";

export function refusalResponse(refusal: Refusal): Response {
  const headers: Record<string, string> = { "content-type": "application/json" };
  const retryAfter = retryAfterSeconds[refusal.code];
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  if (refusal.code === "unauthorized") headers["www-authenticate"] = 'Bearer realm="podling"';
  const allowed = refusal.details?.allowed;
  if (refusal.code === "method-not-allowed" && Array.isArray(allowed)) headers.allow = allowed.join(", ");
  return new Response(JSON.stringify(errorBody(refusal)), { status: errorCatalogue[refusal.code].status, headers });
}
