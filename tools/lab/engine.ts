// A Docker engine that belongs to the lab: a dockerd with its own data, socket and cgroup. Starts, kills and restarts it;
// tests use its Engine API through `fetch`.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureImage } from "../../scripts/demo-image.ts";
import { engineFetch } from "../../scripts/ping-engine.ts";
import { type Claim, startTicks } from "./claim.ts";
import { jsonRequest } from "./json-request.ts";
import { containerBridgeName } from "./network.ts";
import { OwnedProcess } from "./process.ts";
import { cgroupOf, shimsBelow, unmountAll } from "./reaper.ts";
import { until } from "./until.ts";

/** A start takes two seconds on a quiet machine, and up to half a minute beside several other labs. */
const START_WAIT_MS = 90_000;
/** An engine accepts connections before it serves them, and may never answer one that came too early. */
const PING_WAIT_MS = 2_000;
const REQUEST_WAIT_MS = 60_000;
/** Engines use plain HTTP for registries on the lab's addresses. */
const LAB_ADDRESSES = "10.99.0.0/16";

export type EngineOptions = {
  /** The network namespace to run in, with a bridge of its own. Without it: on the machine, on the lab's second bridge. */
  namespace?: string;
  /** The registry that is asked first for images of docker.io, as http://address:port. */
  registryMirror?: string;
  /** True when containers keep running while the engine is down; otherwise it stops them when it starts after a crash. */
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
    // An empty configuration, because /etc/docker/daemon.json is for the machine's engine.
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
        ? // On the machine itself this engine must not change the other engine's iptables rules. Its proxy publishes ports.
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

  /** kill -9 of the engine only: its containers' processes keep running, as after a crash. */
  async kill(): Promise<void> {
    await this.#process?.kill("SIGKILL");
    this.#process = null;
    const containerd = join(this.folder, "exec", "containerd", "containerd.pid");
    await until("the engine's containerd to end with it", () => hasEnded(containerd));
    // A crash leaves pid files. If a new process (or a zombie) has one of these pids, the next dockerd waits for a
    // containerd that does not exist.
    for (const path of [containerd, join(this.folder, "docker.pid")]) rmSync(path, { force: true });
  }

  /** The ids of the containers that live on without the engine after `kill`, in any state. */
  orphans(): string[] {
    return shimsBelow(this.folder).map(({ containerId }) => containerId);
  }

  /**
   * True when the engine's own files record the container as running: after a crash, the engine looks only for these. What
   * it was just starting (for the first time, or again) it finds as created or exited, and does not end any more.
   */
  recordsAsRunning(containerId: string): boolean {
    const file = join(this.folder, "data", "containers", containerId, "config.v2.json");
    if (!existsSync(file)) return false;
    return (JSON.parse(readFileSync(file, "utf8")) as { State: { Running: boolean } }).State.Running;
  }

  /** Stops the engine by SIGTERM, as an init system does: without live restore it ends its containers first. */
  async stop(): Promise<void> {
    await this.#process?.kill("SIGTERM", REQUEST_WAIT_MS);
    this.#process = null;
    unmountAll(join(this.folder, "exec"));
  }

  /** A request in the Engine API; the path starts with a slash and may carry a query. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return engineFetch(this.host, path, { signal: AbortSignal.timeout(REQUEST_WAIT_MS), ...init });
  }

  /** The same for JSON: throws the answer unless its status is 2xx. */
  json<T>(path: string, method: "GET" | "POST" | "DELETE" = "GET", body?: unknown): Promise<T> {
    return jsonRequest(this.fetch.bind(this), { method, path, body, where: ` on ${this.name}` });
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
