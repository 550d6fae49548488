// HTTP to a container engine, over its unix socket or TCP. Knows the transport and the API version, not containers.

import { readFileSync } from "node:fs";
import { Semaphore } from "../../lib/semaphore.ts";
import { socketErrorCode, socketErrorMeaning } from "../../lib/socket-error.ts";
import { userNameOf } from "../../lib/user-name.ts";
import { limits } from "../../model/limits.ts";
import { EngineRefused, RuntimeError } from "../runtime-error.ts";
import { engineMessage } from "./errors.ts";

export interface EngineCall {
  /** Sent as JSON; bytes as they are. */
  body?: unknown;
  /** A body that is sent as it comes, in the place of `body`; `headers` say of which type. */
  raw?: ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Fails if no answer has begun by then. Default 60 s; null for no limit, which streams need. */
  timeoutMs?: number | null;
  /** True for streams, and for calls that wait for a container: the bound on short calls does not count them. */
  long?: boolean;
}

/**
 * The newest version that this program was tried with; with an older engine its own version is used, and with one that has
 * dropped this version the oldest that it still takes.
 */
const newestApiVersion = "1.47";
const defaultTimeoutMs = 60_000;

export class EngineHttp {
  readonly #base: string;
  readonly #unix: string | null;
  readonly host: string;
  #version: Promise<string> | null = null;
  #isPodman = false;
  readonly #short = new Semaphore(limits.engineCalls);

  /** unix:///var/run/docker.sock or tcp://127.0.0.1:2375. Throws a TypeError that says what is wrong with the address. */
  constructor(host: string) {
    this.host = host;
    if (host.startsWith("unix://")) {
      this.#unix = host.slice("unix://".length);
      this.#base = "http://engine";
    } else if (/^(tcp|http):\/\//.test(host) && URL.canParse(host)) {
      this.#unix = null;
      this.#base = `http://${new URL(host.replace(/^tcp/, "http")).host}`;
    } else {
      throw new TypeError(
        `${JSON.stringify(host)} is no engine address: write unix:///var/run/docker.sock or tcp://HOST:PORT`,
      );
    }
  }

  /** The host of an engine that may be on another machine; null if it is on this one. */
  get remoteHost(): string | null {
    if (this.#unix !== null) return null;
    const host = new URL(this.#base).hostname.replace(/^\[(.*)\]$/, "$1");
    return host === "localhost" || host.startsWith("127.") || host === "::1" ? null : host;
  }

  /** Podman answers differently here and there. Throws RuntimeError("engine-unavailable") if no engine answers. */
  async isPodman(): Promise<boolean> {
    await this.#negotiated();
    return this.#isPodman;
  }

  /** True when calls use this version of the API, or a newer one. */
  async usesVersion(version: string): Promise<boolean> {
    return !older(await this.#negotiated(), version);
  }

  /** The answer, whatever its status. Throws RuntimeError("engine-unavailable") if there is none. */
  async call(method: string, path: string, options: EngineCall = {}): Promise<Response> {
    const versioned = `/v${await this.#negotiated()}${path}`;
    if (options.long) return this.#send(method, versioned, options);
    return this.#short.run(() => this.#send(method, versioned, options));
  }

  /** As call(), read as JSON. Throws EngineRefused on an error status. */
  async json<T>(method: string, path: string): Promise<T> {
    const response = await this.call(method, path);
    await this.expectOk(response);
    return (await response.json()) as T;
  }

  /** Throws EngineRefused on an error status. */
  async expectOk(response: Response): Promise<void> {
    if (!response.ok) throw this.failed(response.status, await engineMessage(response));
  }

  /** The error for an answer with this status, and the engine's message. */
  failed(status: number, message: string): EngineRefused {
    return new EngineRefused(`the engine at ${this.host} answered ${status}: ${message}`);
  }

  /** Resolves if the engine answers in time; not counted by the bound. Throws RuntimeError("engine-unavailable"). */
  async ping(): Promise<void> {
    const response = await this.#send("GET", "/_ping", { timeoutMs: limits.enginePingPatienceMs });
    if (response.ok) await response.arrayBuffer();
    else throw new RuntimeError("engine-unavailable", await notAnEngine(this.host, response), true);
  }

  #negotiated(): Promise<string> {
    this.#version ??= this.#offered();
    return this.#version;
  }

  async #offered(): Promise<string> {
    try {
      const response = await this.#send("GET", "/_ping", { timeoutMs: limits.enginePingPatienceMs });
      await response.arrayBuffer();
      this.#isPodman = response.headers.get("server")?.startsWith("Libpod/") ?? false;
      const offered = response.headers.get("api-version") ?? newestApiVersion;
      if (!older(newestApiVersion, offered)) return offered;
      const oldest = await this.#oldestVersion();
      return older(newestApiVersion, oldest) ? oldest : newestApiVersion;
    } catch (error) {
      this.#version = null;
      throw error;
    }
  }

  /** The oldest version that the engine takes; "0" if it does not say. */
  async #oldestVersion(): Promise<string> {
    const response = await this.#send("GET", "/version", {});
    const text = await response.text();
    try {
      return (JSON.parse(text) as { MinAPIVersion?: string }).MinAPIVersion ?? "0";
    } catch {
      return "0";
    }
  }

  async #send(
    method: string,
    path: string,
    { body, raw, headers = {}, signal, timeoutMs }: EngineCall,
  ): Promise<Response> {
    const giveUp = new AbortController();
    const limit = timeoutMs === undefined ? defaultTimeoutMs : timeoutMs;
    const timer =
      limit === null ? undefined : setTimeout(() => giveUp.abort(new Error(`no answer in ${limit / 1000} s`)), limit);
    const init = {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
      ...(raw === undefined ? {} : { body: raw, duplex: "half" }),
      signal: signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal,
      ...(this.#unix === null ? {} : { unix: this.#unix }),
      // Bun's own idle timeout would end quiet event and log streams.
      timeout: false,
    };
    try {
      return await fetch(this.#base + path, init as RequestInit);
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#version = null; // the engine may come back as another version
      throw new RuntimeError("engine-unavailable", whyAway(this.host, error), true);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A ping that was refused: another server, or an engine behind TLS. */
async function notAnEngine(host: string, response: Response): Promise<string> {
  const { status } = response;
  const message = (await engineMessage(response)).replace(/\s+/g, " ").slice(0, 200);
  const next = status === 404 ? "; it is no container engine. Check --docker-host or DOCKER_HOST" : `: ${message}`;
  return `the engine at ${host} answers ${status}${next}`;
}

/** "the engine at unix:///var/run/docker.sock does not answer: the socket does not exist", and what to do about it. */
function whyAway(host: string, error: unknown): string {
  const meaning = socketErrorMeaning(error);
  const local = host.startsWith("unix://");
  switch (socketErrorCode(error)) {
    case "EACCES":
    case "EPERM":
      return `no rights for the engine at ${host}: ${meaning}. Add the user of the worker to the group docker (sudo usermod -aG docker ${workerUser()}), then log in again`;
    case "ENOENT":
    case "ECONNREFUSED":
    case "ConnectionRefused":
    case "FailedToOpenSocket":
    case "ENOTFOUND": {
      const next = local
        ? "Is Docker installed and running (sudo systemctl start docker)?"
        : "Is an engine listening there?";
      return `the engine at ${host} does not answer: ${local && meaning.startsWith("no such host") ? "the socket cannot be opened" : meaning}. ${next}`;
    }
    default:
      return `the engine at ${host} does not answer: ${meaning}`;
  }
}

function workerUser(): string {
  return userNameOf(process.getuid?.() ?? 0, () => readFileSync("/etc/passwd", "utf8"));
}

/** DELETE of a thing that may be in use, never by force. Resolves to null when it is gone, else to why it stays. */
export async function removeUnused(http: EngineHttp, path: string): Promise<string | null> {
  const response = await http.call("DELETE", path, { timeoutMs: limits.removePatienceMs, long: true });
  if (response.ok || response.status === 404) {
    await response.arrayBuffer();
    return null;
  }
  if (response.status === 409) return `the engine keeps it: ${await engineMessage(response)}`;
  await http.expectOk(response);
  return null;
}

function older(left: string, right: string): boolean {
  const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
  return leftMajor === rightMajor ? leftMinor < rightMinor : leftMajor < rightMajor;
}

/** Aborts a stream that has had no data for too long. For streams on which the other side must show progress. */
export class Silence {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number, signal: AbortSignal) {
    this.#limitMs = limitMs;
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.progressed();
  }

  /** True when it was aborted for having no data. */
  get broken(): boolean {
    return this.#controller.signal.aborted;
  }

  progressed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new Error("silent for too long")), this.#limitMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
