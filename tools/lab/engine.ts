// A Docker engine that belongs to the lab: its own dockerd with its own data, socket and cgroup. It is started, killed
// and started again here; what tests ask of it goes through `fetch`, in the Engine API's own words.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureImage } from "../../scripts/demo-image.ts";
import { engineFetch } from "../../scripts/ping-engine.ts";
import { type Claim, startTicks } from "./claim.ts";
import { containerBridgeName } from "./network.ts";
import { OwnedProcess } from "./process.ts";
import { cgroupOf, unmountAll } from "./reaper.ts";
import { until } from "./until.ts";

/** Some two seconds where nothing else runs; a machine that is shared by several labs has taken half a minute. */
const START_WAIT_MS = 90_000;
/** An engine takes connections before it serves them, and one that was made too early may never be served. */
const PING_WAIT_MS = 2_000;
const REQUEST_WAIT_MS = 60_000;
/** Engines speak plain HTTP to any registry on the lab's own addresses. */
const LAB_ADDRESSES = "10.99.0.0/16";

export type EngineOptions = {
  /** Runs in this network namespace, with a bridge of its own; without it, on the machine, on the lab's second bridge. */
  namespace?: string;
  /** Where docker.io images are looked for first, as http://address:port. */
  registryMirror?: string;
  /** Containers go on while the engine is away; otherwise it stops them when it comes back from a crash. */
  liveRestore?: boolean;
  /** Further flags for dockerd. */
  flags?: string[];
};

export type EngineContainer = {
  Id: string;
  Names: string[];
  Image: string;
  State: string;
  Status: string;
  Labels: Record<string, string>;
};

function hasEnded(pidFile: string): boolean {
  try {
    return startTicks(Number(readFileSync(pidFile, "utf8"))) === "";
  } catch {
    return true;
  }
}

export class Engine {
  readonly name: string;
  /** As DOCKER_HOST and --docker-host take it. */
  readonly host: string;
  readonly #claim: Claim;
  readonly #options: EngineOptions;
  #process: OwnedProcess | null = null;

  constructor(claim: Claim, name: string, options: EngineOptions = {}) {
    this.name = name;
    this.#claim = claim;
    this.#options = options;
    mkdirSync(this.folder, { recursive: true });
    // Its own, empty: what /etc/docker/daemon.json says is for the machine's engine.
    writeFileSync(join(this.folder, "daemon.json"), "{}\n");
    this.host = `unix://${join(this.folder, "docker.sock")}`;
  }

  get folder(): string {
    return join(this.#claim.folder, this.name);
  }

  get pid(): number {
    if (this.#process === null) throw new Error(`the engine ${this.name} does not run`);
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** Starts dockerd (also again, after a kill) and waits until it answers. */
  async start(): Promise<void> {
    if (this.running) return;
    const launched = new OwnedProcess(this.#claim, this.name, this.#command(), {
      ...(this.#options.namespace === undefined ? {} : { namespace: this.#options.namespace }),
    });
    this.#process = launched;
    await until(
      `the engine ${this.name} to answer (its log: ${join(this.#claim.folder, "output", this.name)})`,
      async () => {
        launched.mustRun();
        return (await this.fetch("/_ping", { signal: AbortSignal.timeout(PING_WAIT_MS) })).ok;
      },
      START_WAIT_MS,
    );
  }

  #command(): string[] {
    const { namespace, registryMirror, liveRestore, flags } = this.#options;
    const network =
      namespace === undefined
        ? // Beside the machine's own engine: no rule of this one may touch those. Ports are published by its proxy.
          ["--bridge", containerBridgeName(this.#claim.slot), "--iptables=false", "--ip-masq=false"]
        : ["--bip", "172.21.0.1/16"];
    return [
      "dockerd",
      ...["--data-root", join(this.folder, "data"), "--exec-root", join(this.folder, "exec")],
      ...["--pidfile", join(this.folder, "docker.pid"), "--config-file", join(this.folder, "daemon.json")],
      ...["--host", this.host, "--log-level", "warn"],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", `/${cgroupOf(this.#claim)}`],
      ...["--insecure-registry", LAB_ADDRESSES],
      ...(registryMirror === undefined ? [] : ["--registry-mirror", registryMirror]),
      ...(liveRestore ? ["--live-restore"] : []),
      ...network,
      ...(flags ?? []),
    ];
  }

  /** kill -9 for the engine alone: its containers' processes go on, as they do when a real one crashes. */
  async kill(): Promise<void> {
    await this.#process?.kill("SIGKILL");
    this.#process = null;
    const containerd = join(this.folder, "exec", "containerd", "containerd.pid");
    await until("the engine's containerd to end with it", () => hasEnded(containerd));
    // The pid files that a crash leaves: a new process could have the numbers by now (or their zombies still have), and
    // the next dockerd would then wait for a containerd that is not there.
    for (const path of [containerd, join(this.folder, "docker.pid")]) rmSync(path, { force: true });
  }

  /** Stops as an init system would: without live restore the engine ends its containers first. */
  async stop(): Promise<void> {
    await this.#process?.kill("SIGTERM", REQUEST_WAIT_MS);
    this.#process = null;
    unmountAll(join(this.folder, "exec"));
  }

  /** A request in the Engine API; the path starts with a slash and may carry a query. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return engineFetch(this.host, path, { signal: AbortSignal.timeout(REQUEST_WAIT_MS), ...init });
  }

  /** The same for JSON: throws what the engine said unless it agrees. */
  async json<T>(path: string, method: "GET" | "POST" | "DELETE" = "GET", body?: unknown): Promise<T> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "content-type": "application/json" };
    }
    const answer = await this.fetch(path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} on ${this.name}: ${answer.status} ${text.trim()}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  }

  /** Builds the small busybox image (sh, httpd, wget, nc, sleep; a page in /www) under this name. */
  async image(name = "podling-test:latest"): Promise<string> {
    await ensureImage(this.host, name);
    return name;
  }

  /** Containers with all of these labels (`key` or `key=value`), also those that have ended. */
  containers(...labels: string[]): Promise<EngineContainer[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: labels }));
    return this.json(`/containers/json?all=1&filters=${filters}`);
  }

  /** Removes containers with these labels by force; without labels, all. */
  async removeContainers(...labels: string[]): Promise<void> {
    const found = await this.containers(...labels);
    await Promise.all(found.map(({ Id }) => this.fetch(`/containers/${Id}?force=1&v=1`, { method: "DELETE" })));
  }
}
