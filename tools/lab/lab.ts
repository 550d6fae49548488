// A lab: real engines, several hosts, a registry, small disks and faults on one Linux machine, all under one number, all
// removed by `down`, also after a crash of the tests (at the next start, or by scripts/lab down). Needs root.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Claim, claim } from "./claim.ts";
import { TinyDisk } from "./disk.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { LabMachine, type MachineOptions } from "./machine.ts";
import {
  bridgeAddress,
  createContainerBridge,
  createHostLink,
  createNetwork,
  type HostLink,
  run,
  setLink,
} from "./network.ts";
import { Podman } from "./podman.ts";
import { inNamespace, OwnedProcess, type ProcessOptions } from "./process.ts";
import { reapLeftovers, tearDown } from "./reaper.ts";
import { Registry, type RegistryLogin } from "./registry.ts";

const FIRST_REGISTRY_PORT = 5000;
const GET_LIMIT_MS = 2_000;

/** A machine of the lab, with its own address and engine, that can be cut off from the network. */
export class LabHost {
  readonly name: string;
  readonly address: string;
  readonly namespace: string;
  readonly engine: Engine;
  readonly #claim: Claim;
  readonly #veth: string;

  constructor(claimed: Claim, name: string, link: HostLink, options: EngineOptions) {
    this.name = name;
    this.address = link.address;
    this.namespace = link.namespace;
    this.#veth = link.veth;
    this.#claim = claimed;
    this.engine = new Engine(claimed, name, { ...options, namespace: link.namespace });
  }

  /** Cuts the host off: packets are dropped in both directions, and no connection is closed. */
  cut(): Promise<void> {
    return setLink(this.#veth, "down");
  }

  reconnect(): Promise<void> {
    return setLink(this.#veth, "up");
  }

  /** Starts a process on this host. */
  spawn(name: string, command: string[], options: Omit<ProcessOptions, "namespace"> = {}): OwnedProcess {
    return new OwnedProcess(this.#claim, name, command, { ...options, namespace: this.namespace });
  }

  /** Runs a command on this host to its end, and returns its output. */
  run(command: string[]): Promise<string> {
    return run([...inNamespace(this.namespace), ...command]);
  }

  /** GETs a page from this host, over its own loopback and network. Throws when there is no answer in time. */
  async get(url: string, limitMs: number = GET_LIMIT_MS): Promise<{ status: number; body: string }> {
    const script = `const answer = await fetch(process.argv[1], { signal: AbortSignal.timeout(${limitMs}) });
      process.stdout.write(JSON.stringify({ status: answer.status, body: await answer.text() }));`;
    return JSON.parse(await this.run([process.execPath, "-e", script, url]));
  }
}

export class Lab {
  readonly #claim: Claim;
  #hosts = 0;
  #registries = 0;
  #folders = 0;
  #engine: Promise<Engine> | null = null;

  private constructor(claimed: Claim) {
    this.#claim = claimed;
  }

  /** Claims a number and makes the bridge, after removing the labs of crashed runs. Engines start on demand. */
  static async start(): Promise<Lab> {
    await reapLeftovers();
    const lab = new Lab(claim());
    try {
      await createNetwork(lab.#claim.slot);
      return lab;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** The claim that processes outside of a host are started under (see cluster.ts). */
  get claim(): Claim {
    return this.#claim;
  }

  /** This machine's address on the bridge: where a master listens that lab hosts must reach. */
  get address(): string {
    return bridgeAddress(this.#claim.slot);
  }

  /** The engine on this machine itself: its published ports are on this machine's loopback. Started once. */
  engine(options: Omit<EngineOptions, "namespace"> = {}): Promise<Engine> {
    this.#engine ??= this.#startEngine(options);
    return this.#engine;
  }

  async #startEngine(options: Omit<EngineOptions, "namespace">): Promise<Engine> {
    await createContainerBridge(this.#claim.slot);
    const engine = new Engine(this.#claim, "engine", options);
    await engine.start();
    return engine;
  }

  /** A new host with a running engine. Names are short (n1, n2), because interface names must be. */
  async host(name: string, options: Omit<EngineOptions, "namespace"> = {}): Promise<LabHost> {
    this.#hosts += 1;
    const link = await createHostLink(this.#claim.slot, name, this.#hosts);
    const host = new LabHost(this.#claim, name, link, options);
    await host.engine.start();
    return host;
  }

  /** A running registry; with a login, it refuses other users. */
  async registry(login?: RegistryLogin): Promise<Registry> {
    const port = FIRST_REGISTRY_PORT + this.#registries;
    this.#registries += 1;
    const registry = new Registry(this.#claim, `registry-${port}`, port, login);
    await registry.start();
    return registry;
  }

  /** Podman as an engine on this machine. */
  podman(): Promise<Podman> {
    return Podman.start(this.#claim);
  }

  /** A Debian machine that has booted with systemd. */
  machine(name: string, options: MachineOptions = {}): Promise<LabMachine> {
    return LabMachine.boot(this.#claim, name, options);
  }

  /** An empty folder that is removed with the lab. */
  folder(name = "data"): string {
    this.#folders += 1;
    const path = join(this.#claim.folder, `${name}-${this.#folders}`);
    mkdirSync(path);
    return path;
  }

  /** A disk of this size that can be filled. */
  tinyDisk(sizeBytes: number): Promise<TinyDisk> {
    return TinyDisk.mount(this.folder("disk"), sizeBytes);
  }

  /** Starts a process on this machine, owned by the lab. */
  spawn(name: string, command: string[], options: ProcessOptions = {}): OwnedProcess {
    return new OwnedProcess(this.#claim, name, command, options);
  }

  /** Removes everything. Safe to call twice, and after a start that failed. */
  down(): Promise<void> {
    return tearDown(this.#claim);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }
}
