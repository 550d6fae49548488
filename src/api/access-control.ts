// Decides who may call an operation. The API can run containers, which is as good as root: a request needs the token if
// one is set, and requests of web pages from other sites are always refused.

import { createHash, timingSafeEqual } from "node:crypto";
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
}

export class AccessControl {
  readonly #server: string;
  readonly #tokenDigest: Buffer | null;
  readonly #allowedHosts: ReadonlySet<string>;
  /** The last Host header that was allowed: nearly every request has the same one. */
  #lastHost: string | null = null;

  constructor({ server, token, allowedHosts }: AccessControlOptions) {
    this.#server = server;
    this.#tokenDigest = token === null ? null : digest(token);
    this.#allowedHosts = new Set(["localhost", ...allowedHosts.map((host) => host.toLowerCase())]);
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
    if (access === "open" || this.#tokenDigest === null) return null;
    const presented = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (presented !== undefined && timingSafeEqual(digest(presented), this.#tokenDigest)) return null;
    return {
      code: "unauthorized",
      message: presented === undefined ? `this ${this.#server} needs a token` : "the token is wrong",
      hint: "Give --token-file or set PODLING_TOKEN; over HTTP: Authorization: Bearer TOKEN.",
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
  return createHash("sha256").update(token).digest();
}

function sameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

const loopbackNames = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** True when only this machine can connect to the address. */
export function isLoopback(address: string): boolean {
  return loopbackNames.test(address);
}
