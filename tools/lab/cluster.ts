// Real Podling processes for tests and bench: starts masters and workers from the source (or the executable in PODLING_BIN),
// on free ports and in folders of their own, waits until they answer, and ends them by pid. It uses HTTP and the command
// line only, as users do, and imports nothing from src.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Claim, claim } from "./claim.ts";
import type { Engine } from "./engine.ts";
import { jsonRequest } from "./json-request.ts";
import type { Lab, LabHost } from "./lab.ts";
import { inNamespace, OwnedProcess } from "./process.ts";
import { reapLeftovers, tearDown } from "./reaper.ts";
import { until } from "./until.ts";

const READY_WAIT_MS = 20_000;
const REQUEST_WAIT_MS = 60_000;
const CLI_WAIT_MS = 120_000;

const CHECKOUT = resolve(import.meta.dir, "../..");

/** The words that start Podling: an executable (`program`, or PODLING_BIN), or the source of this checkout. */
export function podlingCommand(program = process.env.PODLING_BIN): string[] {
  return program ? [resolve(program)] : [process.execPath, join(CHECKOUT, "src/main.ts")];
}

/** A port that is free at this moment. */
export function freePort(address = "127.0.0.1"): number {
  const listener = Bun.listen({ hostname: address, port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

export type MasterOptions = {
  /** The address to listen on. Beyond loopback without a token it is started with --insecure. */
  address?: string;
  port?: number;
  dataDir?: string;
  strategy?: "round-robin" | "spread" | "binpack";
  token?: string;
  /** Another executable of Podling, such as an older release. */
  program?: string | undefined;
  args?: string[];
  env?: Record<string, string>;
};

export type WorkerOptions = {
  master: MasterProcess;
  engine: Pick<Engine, "host">;
  /** The lab host to run on, which must be the one of `engine`; without it, this machine. */
  on?: LabHost;
  hostname?: string;
  port?: number;
  capacity?: number;
  labels?: Record<string, string>;
  dataDir?: string;
  program?: string | undefined;
  args?: string[];
  env?: Record<string, string>;
};

export type CliResult = { code: number; stdout: string; stderr: string };

/** The common part of masters and workers: a program that is started again under one name. */
abstract class PodlingProcess {
  readonly name: string;
  readonly dataDir: string;
  readonly port: number;
  readonly #launch: () => OwnedProcess;
  #process: OwnedProcess | null = null;

  constructor(name: string, dataDir: string, port: number, launch: () => OwnedProcess) {
    this.name = name;
    this.dataDir = dataDir;
    this.port = port;
    this.#launch = launch;
  }

  /** True when it answers GET /health. */
  abstract healthy(): Promise<boolean>;

  get process(): OwnedProcess {
    if (this.#process === null) throw new Error(`${this.name} has not been started`);
    return this.#process;
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Starts it without waiting, for starts that are expected to fail. */
  launch(): OwnedProcess {
    this.#process = this.#launch();
    return this.#process;
  }

  /** Starts it and waits until it answers. Also after a kill: same port, same data. */
  async start(): Promise<this> {
    const launched = this.launch();
    await until(
      `${this.name} to be healthy`,
      () => {
        launched.mustRun();
        return this.healthy();
      },
      READY_WAIT_MS,
    ).catch((error) => {
      throw new Error(`${String(error)}\n${this.name} printed:\n${launched.output().slice(-4_000)}`);
    });
    return this;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.process.kill("SIGKILL");
  }

  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null> {
    return this.process.kill("SIGTERM", 30_000);
  }

  output(): string {
    return this.process.output();
  }
}

export class MasterProcess extends PodlingProcess {
  readonly url: string;
  readonly token: string | undefined;
  readonly keyFile: string;

  constructor(claimed: Claim, name: string, options: MasterOptions) {
    const address = options.address ?? "127.0.0.1";
    const port = options.port ?? freePort(address);
    const dataDir = options.dataDir ?? join(claimed.folder, `${name}-data`);
    const command = [
      ...podlingCommand(options.program),
      "master",
      "--host",
      address,
      "--port",
      String(port),
      "--data-dir",
      dataDir,
    ];
    // Not in the data folder, and not where a master of this machine has its key. Earlier releases have no such flag.
    const keyFile = join(claimed.folder, `${name}-key`, "master.key");
    if (options.program === undefined) command.push("--key-file", keyFile);
    if (options.strategy !== undefined) command.push("--strategy", options.strategy);
    if (options.token !== undefined) command.push("--token", options.token);
    else if (address !== "127.0.0.1") command.push("--insecure");
    command.push(...(options.args ?? []));
    mkdirSync(dataDir, { recursive: true });
    super(name, dataDir, port, () => new OwnedProcess(claimed, name, command, { env: options.env ?? {} }));
    this.url = `http://${address}:${port}`;
    this.token = options.token;
    this.keyFile = keyFile;
  }

  async healthy(): Promise<boolean> {
    return (await this.fetch("/health")).ok;
  }

  /** A request to the API, with the token if there is one. The path starts with a slash. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token !== undefined && !headers.has("authorization")) headers.set("authorization", `Bearer ${this.token}`);
    return fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(REQUEST_WAIT_MS), ...init, headers });
  }

  /** The same for JSON: throws the answer unless its status is 2xx. */
  json<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return jsonRequest(this.fetch.bind(this), { method, path, body });
  }
}

export class WorkerProcess extends PodlingProcess {
  readonly hostname: string;
  readonly engine: Pick<Engine, "host">;
  readonly #host: LabHost | undefined;

  constructor(claimed: Claim, name: string, options: WorkerOptions) {
    const { master, engine, on } = options;
    const port = options.port ?? freePort();
    const hostname = options.hostname ?? on?.name ?? name;
    const dataDir = options.dataDir ?? join(claimed.folder, `${name}-data`);
    const command = [...podlingCommand(options.program), "worker", "--master", master.url, "--port", String(port)];
    command.push("--hostname", hostname, "--data-dir", dataDir, "--docker-host", engine.host);
    if (options.capacity !== undefined) command.push("--capacity", String(options.capacity));
    for (const [key, value] of Object.entries(options.labels ?? {})) command.push("--label", `${key}=${value}`);
    if (master.token !== undefined) command.push("--token", master.token);
    // The master reaches a lab host's worker over the bridge.
    if (on !== undefined) command.push("--host", "0.0.0.0", ...(master.token === undefined ? ["--insecure"] : []));
    command.push(...(options.args ?? []));
    mkdirSync(dataDir, { recursive: true });
    const where = on === undefined ? {} : { namespace: on.namespace };
    super(name, dataDir, port, () => new OwnedProcess(claimed, name, command, { env: options.env ?? {}, ...where }));
    this.hostname = hostname;
    this.engine = engine;
    this.#host = on;
  }

  async healthy(): Promise<boolean> {
    return (await this.get("/health")).status === 200;
  }

  /** A page of the worker's own server, as its own host sees it. */
  async get(path: string): Promise<{ status: number; body: string }> {
    const url = `http://127.0.0.1:${this.port}${path}`;
    if (this.#host !== undefined) return this.#host.get(url);
    const answer = await fetch(url, { signal: AbortSignal.timeout(REQUEST_WAIT_MS) });
    return { status: answer.status, body: await answer.text() };
  }
}

export class Cluster {
  readonly #claim: Claim;
  readonly #ownsClaim: boolean;
  #masters = 0;
  #workers = 0;

  private constructor(claimed: Claim, ownsClaim: boolean) {
    this.#claim = claimed;
    this.#ownsClaim = ownsClaim;
  }

  /** Processes that belong to a lab and end with it. */
  static in(lab: Lab): Cluster {
    return new Cluster(lab.claim, false);
  }

  /** Processes without engines or hosts; needs no root. End them with `down`. */
  static async alone(): Promise<Cluster> {
    await reapLeftovers();
    return new Cluster(claim(), true);
  }

  /** An empty folder that is removed with the cluster. */
  folder(name: string): string {
    const path = join(this.#claim.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** A master, not started yet: `await cluster.master().start()`. */
  master(options: MasterOptions = {}): MasterProcess {
    this.#masters += 1;
    return new MasterProcess(this.#claim, `master-${this.#masters}`, options);
  }

  /** A worker, not started yet. Give it `on` to run on a lab host. */
  worker(options: WorkerOptions): WorkerProcess {
    this.#workers += 1;
    return new WorkerProcess(this.#claim, `worker-${this.#workers}`, options);
  }

  /** Any process that ends with the cluster, for instance `podling logs -f` (see podlingCommand). */
  spawn(name: string, command: string[], env: Record<string, string> = {}): OwnedProcess {
    return new OwnedProcess(this.#claim, name, command, { env });
  }

  async down(): Promise<void> {
    if (this.#ownsClaim) await tearDown(this.#claim);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }
}

export type CliOptions = {
  /** The master to use; without it, the one that the environment names. */
  master?: MasterProcess;
  env?: Record<string, string>;
  stdin?: string;
  cwd?: string;
  on?: LabHost;
  program?: string | undefined;
  limitMs?: number;
};

/** Runs `podling <args>` to its end. Its output is not a terminal, and without colours. */
export async function podling(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const { master, env, stdin, cwd, on, program, limitMs = CLI_WAIT_MS } = options;
  const target: Record<string, string> = master === undefined ? {} : { PODLING_MASTER_URL: master.url };
  if (master?.token !== undefined) target.PODLING_TOKEN = master.token;
  const child = Bun.spawn([...inNamespace(on?.namespace), ...podlingCommand(program), ...args], {
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: limitMs,
    killSignal: "SIGKILL",
    env: { ...process.env, NO_COLOR: "1", ...target, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.signalCode === "SIGKILL") throw new Error(`podling ${args.join(" ")} took over ${limitMs} ms:\n${stderr}`);
  return { code: child.exitCode ?? 128, stdout, stderr };
}
