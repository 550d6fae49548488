// Who may come in. The API can run containers, so it is root: a token where one is set, and never a web page.

import { createHash, timingSafeEqual } from "node:crypto";
import { isIpAddress } from "../model/fields.ts";
import type { Refusal } from "../model/refusal.ts";

export interface GuardOptions {
  /** Null: no token is asked for. */
  token: string | null;
  /** Host names, beside loopback ones and IP addresses, under which the master may be called. */
  allowedHosts: readonly string[];
}

export class Guard {
  readonly #tokenDigest: Buffer | null;
  readonly #allowedHosts: ReadonlySet<string>;
  /** The Host header that was last found good: nearly every request has the same. */
  #lastHost: string | null = null;

  constructor({ token, allowedHosts }: GuardOptions) {
    this.#tokenDigest = token === null ? null : digest(token);
    this.#allowedHosts = new Set(["localhost", ...allowedHosts.map((host) => host.toLowerCase())]);
  }

  /** Why this request may not come in; null: it may. `open`: the operation needs no token. */
  refusal(headers: Headers, open: boolean): Refusal | null {
    const host = headers.get("host");
    if (host !== null && !this.#allowsHost(host)) {
      return {
        code: "forbidden-origin",
        message: `the request was sent to ${JSON.stringify(host)}, which is no name of it`,
        hint: "Use localhost or an IP address, or start the master with --allowed-host NAME; this keeps web pages from reaching it under a name of theirs.",
      };
    }
    const origin = headers.get("origin");
    if (origin !== null && (host === null || !sameHost(origin, host))) {
      return {
        code: "forbidden-origin",
        message: `the request comes from a web page of ${JSON.stringify(origin)}`,
        hint: "Web pages of other sites may not call this API.",
      };
    }
    if (headers.get("sec-fetch-site") === "cross-site") {
      return {
        code: "forbidden-origin",
        message: "the request comes from a web page of another site",
        hint: "Web pages of other sites may not call this API.",
      };
    }
    if (open || this.#tokenDigest === null) return null;
    const presented = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (presented !== undefined && timingSafeEqual(digest(presented), this.#tokenDigest)) return null;
    return {
      code: "unauthorized",
      message: presented === undefined ? "a token is asked for here, and the request has none" : "the token is wrong",
      hint: "Give --token or set PODLING_TOKEN; over HTTP: Authorization: Bearer TOKEN.",
    };
  }

  #allowsHost(host: string): boolean {
    if (host === this.#lastHost) return true;
    const name = host.toLowerCase().replace(/:\d+$/, "");
    const allowed = this.#allowedHosts.has(name) || isIpAddress(name.replace(/^\[|\]$/g, ""));
    if (allowed) this.#lastHost = host;
    return allowed;
  }
}

/** Equal lengths, so that the comparison takes the same time whatever was presented. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function sameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

const loopbackNames = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Does this address only take connections from the machine itself? */
export function isLoopback(address: string): boolean {
  return loopbackNames.test(address);
}
