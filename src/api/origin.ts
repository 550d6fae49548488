// Reads who asks from a request's headers. Both are what the client says of itself: they are recorded, and grant nothing.

import { limits } from "../model/limits.ts";
import { type Origin, unnamedUser } from "../model/origin.ts";
import { type Outcome, refuse } from "../model/refusal.ts";

export const userHeader = "podling-user";
const requestIdHeader = "x-request-id";

const userPattern = /^[\x21-\x3f\x41-\x7e]{1,64}@[\x21-\x3f\x41-\x7e]{1,253}$/;
const requestIdPattern = /^[\x21-\x7e]+$/;

/** Of a request that does not say who sends it. */
export const unnamedOrigin: { ok: true; value: Origin } = { ok: true, value: { kind: "user", name: unnamedUser } };

/** A user, until an operation that only workers call says that it is a node. */
export function originOf(headers: Pick<Headers, "get">): Outcome<Origin> {
  const user = headers.get(userHeader);
  const requestId = headers.get(requestIdHeader);
  if (user === null && requestId === null) return unnamedOrigin;
  if (user !== null && !userPattern.test(user)) {
    return wrong(
      "Podling-User",
      user,
      "USER@HOST in ASCII without spaces",
      "Send for example anna@laptop, or leave it out.",
    );
  }
  if (requestId !== null && (requestId.length > limits.requestIdLength || !requestIdPattern.test(requestId))) {
    const expected = `1 to ${limits.requestIdLength} ASCII characters without spaces`;
    return wrong("X-Request-Id", requestId, expected, "Send for example a UUID, or leave it out.");
  }
  return { ok: true, value: { kind: "user", name: user ?? unnamedUser, ...(requestId === null ? {} : { requestId }) } };
}

/** The same request, sent by a worker. */
export function fromNode({ requestId }: Origin, name: string): Origin {
  return { kind: "node", name, ...(requestId === undefined ? {} : { requestId }) };
}

/** The header's value for a user and a machine, with what it cannot carry replaced. */
export function declaredUser(user: string, host: string): string {
  const plain = (text: string, maxLength: number) =>
    text.replace(/[^\x21-\x3f\x41-\x7e]/g, "_").slice(0, maxLength) || "_";
  return `${plain(user, 64)}@${plain(host, 253)}`;
}

function wrong(field: string, value: string, expected: string, hint: string): Outcome<never> {
  return refuse("invalid-field", `header ${field}: expected ${expected}; got ${JSON.stringify(value.slice(0, 80))}`, {
    hint,
    details: { field },
  });
}
