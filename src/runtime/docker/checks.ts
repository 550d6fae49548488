// Checks of containers over the network, from the process of the worker. Where a container is reached: at its own address, which
// a machine with a Docker Engine routes to; at a published port where the engine has a network that this machine does not see.

import { socketErrorMeaning } from "../../lib/socket-error.ts";
import type { HttpCheck } from "../../model/task/probes.ts";
import { CheckFailed, type Checks, type CheckTarget, type HttpAnswer, wantedStatuses } from "../checks.ts";
import type { EngineHttp } from "./engine-http.ts";
import { HttpAnswerReader } from "./http-answer.ts";

interface Endpoint {
  host: string;
  port: number;
}

type Scheme = NonNullable<HttpCheck["scheme"]>;

/** The certificate is not verified: a check asks whether the program answers, and programs have certificates of their own making. */
const encrypted: Bun.TLSOptions = { rejectUnauthorized: false };

/** What one connection does. */
interface Attempt {
  opened(socket: Connection): void;
  /** The handshake of an encrypted connection is over. */
  encrypted(socket: Connection, isEncrypted: boolean, error: Error | null): void;
  received(chunk: Uint8Array): void;
  ended(): void;
  failed(error: unknown): void;
}

type Connection = Bun.Socket<Attempt>;

/** One object for all connections. */
const handlers: Bun.SocketHandler<Attempt> = {
  open: (socket) => socket.data.opened(socket),
  handshake: (socket, isEncrypted, error) => socket.data.encrypted(socket, isEncrypted, error),
  data: (socket, chunk) => socket.data.received(chunk),
  end: (socket) => socket.data.ended(),
  close: (socket) => socket.data.ended(),
  error: (socket, error) => socket.data.failed(error),
  connectError: (socket, error) => socket.data.failed(error),
};

export class DockerChecks implements Checks {
  readonly #http: EngineHttp;
  /** Asked once: null until then. */
  #seesContainers: Promise<boolean> | null = null;

  constructor(http: EngineHttp) {
    this.#http = http;
  }

  async http(
    target: CheckTarget,
    check: HttpCheck,
    { timeoutMs, bodyBytes }: { timeoutMs: number; bodyBytes: number },
  ): Promise<HttpAnswer> {
    const endpoint = await this.#endpoint(target, check.port);
    const scheme = check.scheme ?? "http";
    const url = `${scheme}://${hostAndPort(endpoint)}${check.path ?? "/"}`;
    const request = requestText(endpoint, check);
    const wanted = wantedStatuses(check);
    return new Promise((resolve, reject) => {
      const reader = new HttpAnswerReader(bodyBytes);
      const connection = new TimedConnection(timeoutMs, {
        begun: (socket) => void socket.write(request),
        received(chunk) {
          reader.push(chunk);
          const { status } = reader;
          // The body of a good answer says nothing more.
          if (reader.isComplete || (status !== null && status >= wanted.from && status <= wanted.to))
            connection.end(null);
        },
        over(why) {
          const { status, body } = reader;
          if (status !== null) resolve({ url, status, body });
          else
            reject(
              new CheckFailed(`GET ${url}: ${reader.problem ?? why ?? "the connection was closed before an answer"}`),
            );
        },
      });
      connection.open(endpoint, scheme);
    });
  }

  async tcp(target: CheckTarget, port: number, timeoutMs: number): Promise<void> {
    const endpoint = await this.#endpoint(target, port);
    await new Promise<void>((resolve, reject) => {
      let isOpen = false;
      const connection = new TimedConnection(timeoutMs, {
        begun() {
          isOpen = true;
          connection.end(null);
        },
        received() {},
        over(why) {
          if (isOpen) resolve();
          else
            reject(
              new CheckFailed(`cannot connect to ${hostAndPort(endpoint)}: ${why ?? "the connection was closed"}`),
            );
        },
      });
      connection.open(endpoint);
    });
  }

  /** Throws CheckFailed if this machine cannot reach the port. */
  async #endpoint({ address, hostNetwork, publishedPorts }: CheckTarget, port: number): Promise<Endpoint> {
    const engineHost = this.#http.remoteHost;
    if (hostNetwork) return { host: engineHost ?? "127.0.0.1", port };
    if (address !== null && (await this.#sees())) return { host: address, port };
    const published = publishedPorts.find((one) => one.containerPort === port && one.protocol === "tcp");
    const host = published && publishedHost(published.hostIp, engineHost);
    if (published && host !== null) return { host: host!, port: published.hostPort };
    if (address === null) throw new CheckFailed(`port ${port} cannot be reached: the container has no address`);
    throw new CheckFailed(
      `port ${port} cannot be reached: the network of this engine is not that of the worker. Publish the port (-p ${port}), or check with exec`,
    );
  }

  /** True when this machine routes to the addresses of containers. */
  #sees(): Promise<boolean> {
    this.#seesContainers ??= this.#ask().catch((error: unknown) => {
      this.#seesContainers = null;
      throw error;
    });
    return this.#seesContainers;
  }

  async #ask(): Promise<boolean> {
    if (this.#http.remoteHost !== null) return false;
    type Info = { SecurityOptions?: string[] | null; OperatingSystem?: string };
    const info = await this.#http.json<Info>("GET", "/info");
    const isRootless = (info.SecurityOptions ?? []).some((option) => option.includes("rootless"));
    return !isRootless && !/desktop/i.test(info.OperatingSystem ?? "");
  }
}

/** Where a published port is reached; null if it listens on the engine's machine alone, and that is another one. */
function publishedHost(hostIp: string, engineHost: string | null): string | null {
  const isAny = hostIp === "" || hostIp === "0.0.0.0" || hostIp === "::";
  if (engineHost !== null) return isAny ? engineHost : hostIp.startsWith("127.") || hostIp === "::1" ? null : hostIp;
  return isAny ? "127.0.0.1" : hostIp;
}

function hostAndPort({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function requestText(endpoint: Endpoint, { path = "/", headers = {} }: HttpCheck): string {
  const lines = [`GET ${path} HTTP/1.1`];
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  if (!names.has("host")) lines.push(`Host: ${hostAndPort(endpoint)}`);
  if (!names.has("user-agent")) lines.push("User-Agent: podling-probe");
  if (!names.has("accept")) lines.push("Accept: */*");
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`;
}

/** True when the connection is encrypted, and only the certificate was found wrong. System and protocol errors are other ones. */
function isOfCertificate(error: Error | null): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  return code !== "" && !/^E[A-Z]+$|^ERR_SSL/.test(code);
}

interface Use {
  begun(socket: Connection): void;
  received(chunk: Uint8Array): void;
  /** Called once. `why` it ended before its use was done; null: nothing failed. */
  over(why: string | null): void;
}

/** A connection that ends after a time, whatever happens. */
class TimedConnection implements Attempt {
  readonly #use: Use;
  readonly #timer: ReturnType<typeof setTimeout>;
  #isEncrypted = false;
  #socket: Connection | null = null;
  #over = false;

  constructor(timeoutMs: number, use: Use) {
    this.#use = use;
    this.#timer = setTimeout(() => this.end(`no answer in ${timeoutMs / 1000} s`), timeoutMs);
  }

  open({ host, port }: Endpoint, scheme: Scheme = "http"): void {
    this.#isEncrypted = scheme === "https";
    const tls = this.#isEncrypted ? { tls: encrypted } : {};
    const attempt = { hostname: host, port, socket: handlers, data: this as Attempt, ...tls };
    Bun.connect(attempt).catch((error: unknown) => this.failed(error));
  }

  opened(socket: Connection): void {
    this.#socket = socket;
    if (this.#over) socket.terminate();
    else if (!this.#isEncrypted) this.#use.begun(socket);
  }

  encrypted(socket: Connection, isEncrypted: boolean, error: Error | null): void {
    if (this.#over) return;
    if (isEncrypted || isOfCertificate(error)) this.#use.begun(socket);
    else this.end(`no encrypted connection: ${error?.message ?? "the handshake failed"}`);
  }

  received(chunk: Uint8Array): void {
    if (!this.#over) this.#use.received(chunk);
  }

  ended(): void {
    this.end(null);
  }

  failed(error: unknown): void {
    this.end(socketErrorMeaning(error));
  }

  end(why: string | null): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket?.end();
    this.#use.over(why);
  }
}
