// Reads the origin of a command from the headers of its request. The client declares both headers: they are recorded, and
// grant nothing.

import { limits } from "../model/limits.ts";
import { type Origin, unnamedUser } from "../model/origin.ts";
import { type Outcome, refuse } from "../model/refusal.ts";

export const userHeader = "podling-user";
const requestIdHeader = "x-request-id";

const userPattern = /^[\x21-\x3f\x41-\x7e]{1,64}@[\x21-\x3f\x41-\x7e]{1,253}$/;
const requestIdPattern = /^[\x21-\x7e]+$/;

/** The origin of a request without these headers. */
export const unnamedOrigin: { ok: true; value: Origin } = { ok: true, value: { kind: "user", name: unnamedUser } };

/** The origin as that of a user; operations that only workers call convert it with `fromNode`. */
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

/** The origin of a request that a worker sent. */
export function fromNode({ requestId }: Origin, name: string): Origin {
  return { kind: "node", name, ...(requestId === undefined ? {} : { requestId }) };
}

/** The value of the header Podling-User. Characters that a header cannot carry are replaced. */
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
