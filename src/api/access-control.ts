// Decides who may call an operation. The API can run containers, which is as good as root: a request needs the token if
// one is set, and requests of web pages from other sites are always refused.

import { isIpAddress } from "../lib/ip-address.ts";
import type { Refusal } from "../model/refusal.ts";
import type { Access } from "./operations/operation.ts";

export interface AccessControlOptions {
  /** Which server this is, for messages. */
  server: "master" | "worker";
  /** Null if no token is needed. */
  token: string | null;
  /** Host names, beside localhost and IP addresses, under which the server may be called. */
  allowedHosts: readonly string[];
  /** Origins of web pages of other sites that may call the server: "http://localhost:3000". Default: none. */
  allowedOrigins?: readonly string[];
}

export class AccessControl {
  readonly #server: string;
  readonly #tokenDigest: Buffer | null;
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #allowedOrigins: ReadonlySet<string>;
  /** The last Host header that was allowed: nearly every request has the same one. */
  #lastHost: string | null = null;

  constructor({ server, token, allowedHosts, allowedOrigins = [] }: AccessControlOptions) {
    this.#server = server;
    this.#tokenDigest = token === null ? null : digest(token);
    this.#allowedHosts = new Set(["localhost", ...allowedHosts.map((host) => host.toLowerCase())]);
    this.#allowedOrigins = new Set(allowedOrigins);
  }

  /** True when pages of another site may call the server. */
  get allowsOrigins(): boolean {
    return this.#allowedOrigins.size > 0;
  }

  /** The origin of the page that sent the request, if it is one that is allowed. Null for all other requests. */
  allowedOrigin(headers: Pick<Headers, "get">): string | null {
    const origin = headers.get("origin");
    return origin !== null && this.#allowedOrigins.has(origin) ? origin : null;
  }

  /** Null if the request may call an operation with this access. With a single token, all but `open` need that token. */
  refusal(headers: Pick<Headers, "get">, access: Access): Refusal | null {
    const host = headers.get("host");
    if (host !== null && !this.#allowsHost(host)) {
      return {
        code: "forbidden-origin",
        message: `the request was sent to ${JSON.stringify(host)}, which is not a name of this ${this.#server}`,
        hint: "Use localhost or an IP address, or start the master with --allowed-host NAME. Web pages could otherwise reach it through a name of their own.",
      };
    }
    const page = this.allowedOrigin(headers) === null ? this.#pageRefusal(headers, host) : null;
    if (page) return page;
    if (access === "open" || this.#tokenDigest === null) return null;
    const presented = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (presented !== undefined && crypto.timingSafeEqual(digest(presented), this.#tokenDigest)) return null;
    return {
      code: "unauthorized",
      message: presented === undefined ? `this ${this.#server} needs a token` : "the token is wrong",
      hint: "Give --token-file or set PODLING_TOKEN; over HTTP: Authorization: Bearer TOKEN.",
    };
  }

  /** Of a request of a web page whose origin is not an allowed one. */
  #pageRefusal(headers: Pick<Headers, "get">, host: string | null): Refusal | null {
    const origin = headers.get("origin");
    const isOther = origin !== null && (host === null || !sameHost(origin, host));
    if (!isOther && headers.get("sec-fetch-site") !== "cross-site") return null;
    return {
      code: "forbidden-origin",
      message: `the request comes from a web page of ${isOther ? JSON.stringify(origin) : "another site"}`,
      hint: `Web pages of other sites may not call this API${this.#server === "master" ? ", unless the master is started with --allowed-origin ORIGIN" : ""}.`,
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

/** Digests have equal lengths, so that the comparison takes the same time for every token. */
function digest(token: string): Buffer {
  return new Bun.CryptoHasher("sha256").update(token).digest();
}

function sameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
