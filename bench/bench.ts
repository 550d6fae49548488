// Shared by the sections: a lab with hosts, a Podling cluster on two of them, a two-node Swarm on two others, masters with
// many nodes or tasks, and the removal of all of these. It measures nothing.

import { resolve } from "node:path";
import { labAvailable } from "../tools/lab/available.ts";
import { Cluster, type MasterOptions, type MasterProcess, type WorkerProcess } from "../tools/lab/cluster.ts";
import { Lab, type LabHost } from "../tools/lab/lab.ts";
import type { Registry } from "../tools/lab/registry.ts";
import { until } from "../tools/lab/until.ts";
import { httpRequest, mustLoad } from "./http-load.ts";
import type { Row } from "./report.ts";
import { Swarm } from "./swarm.ts";

/** Tasks that each node takes: more than any section starts. */
const NODE_CAPACITY = 60;
const LOAD_CONNECTIONS = 32;
export interface BenchOptions {
  quick: boolean;
  say: (text: string) => void;
}

export type Section = (bench: Bench) => Promise<Row[]>;

/** Podling on two hosts of the lab. */
export interface Pair {
  /** The executable; undefined for the one that is measured. */
  program: string | undefined;
  master: MasterProcess;
  workers: WorkerProcess[];
  hosts: LabHost[];
  image: string;
}

export interface ListedTask {
  taskId: string;
  name: string;
  status: string;
  nodeId: string | null;
  replaces: string | null;
}

export class Bench {
  readonly quick: boolean;
  readonly say: (text: string) => void;
  /** An older executable of Podling to measure beside this one (PODLING_BEFORE), or null. */
  readonly before: string | null;
  #lab: Promise<Lab> | null = null;
  #registry: Promise<Registry> | null = null;
  #image: Promise<string> | null = null;
  readonly #pairs = new Map<string | undefined, Promise<Pair>>();
  #hosts: Promise<LabHost[]> | null = null;
  #inLab: Cluster | null = null;
  #swarm: Promise<Swarm> | null = null;
  #alone: Promise<Cluster> | null = null;

  constructor({ quick, say }: BenchOptions) {
    this.quick = quick;
    this.say = say;
    this.before = process.env.PODLING_BEFORE ? resolve(process.env.PODLING_BEFORE) : null;
  }

  /** `full` in a full run, `quick` in a quick one. */
  count(full: number, quick: number): number {
    return this.quick ? quick : full;
  }

  /** Why sections with engines cannot run here, or null if they can. */
  labMissing(): string | null {
    return labAvailable();
  }

  lab(): Promise<Lab> {
    this.#lab ??= Lab.start();
    return this.#lab;
  }

  /** For masters without workers, which need no lab and no root. */
  cluster(): Promise<Cluster> {
    this.#alone ??= Cluster.alone();
    return this.#alone;
  }

  /** A master and two workers of this executable, or of another one on the same hosts. */
  pair(program?: string): Promise<Pair> {
    const pair = this.#pairs.get(program) ?? this.#startPair(program);
    this.#pairs.set(program, pair);
    return pair;
  }

  swarm(): Promise<Swarm> {
    this.#swarm ??= this.#startSwarm();
    return this.#swarm;
  }

  /** Removes everything, also after a section that failed. Safe to call twice. */
  async down(): Promise<void> {
    const [lab, alone] = [this.#lab, this.#alone];
    this.#lab = this.#alone = this.#hosts = this.#swarm = this.#registry = this.#image = this.#inLab = null;
    this.#pairs.clear();
    await lab?.then((one) => one.down()).catch((error) => this.say(`clean-up: ${String(error)}`));
    await alone?.then((one) => one.down()).catch((error) => this.say(`clean-up: ${String(error)}`));
  }

  async #startHosts(): Promise<LabHost[]> {
    const lab = await this.lab();
    this.say("starting two hosts with an engine each");
    return [await lab.host("n1"), await lab.host("n2")];
  }

  async #startPair(program: string | undefined): Promise<Pair> {
    const lab = await this.lab();
    this.#hosts ??= this.#startHosts();
    const hosts = await this.#hosts;
    const image = await this.#imageFor(hosts);
    this.say(`starting a master and two workers${program === undefined ? "" : ` of ${program}`}`);
    // One cluster for both pairs, because its count of processes makes their names in the lab.
    this.#inLab ??= Cluster.in(lab);
    const cluster = this.#inLab;
    const master = await cluster.master({ address: lab.address, args: ["--insecure"], program }).start();
    const workers: WorkerProcess[] = [];
    for (const on of hosts) {
      const options = { master, engine: on.engine, on, capacity: NODE_CAPACITY, program };
      workers.push(await cluster.worker(options).start());
    }
    await nodesOnline(master, hosts.length);
    return { program, master, workers, hosts, image };
  }

  async #startSwarm(): Promise<Swarm> {
    const lab = await this.lab();
    this.say("starting two more hosts with an engine each, and a Swarm on them");
    const hosts = [await lab.host("s1"), await lab.host("s2")];
    return Swarm.start(hosts, await this.#imageFor(hosts));
  }

  /** The image in the lab's registry, pulled by these hosts by digest, so that no engine asks the registry in a measurement. */
  async #imageFor(hosts: LabHost[]): Promise<string> {
    const lab = await this.lab();
    this.#registry ??= lab.registry();
    const registry = await this.#registry;
    this.#image ??= (async () => {
      const engine = hosts[0]!.engine;
      const reference = await registry.push(engine, await engine.image(), "bench:1");
      const manifest = await fetch(`${registry.url}/v2/bench/manifests/1`, {
        method: "HEAD",
        headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" },
      });
      const digest = manifest.headers.get("docker-content-digest");
      if (digest === null) throw new Error("the registry did not send the image's digest");
      return `${reference.slice(0, reference.lastIndexOf(":"))}@${digest}`;
    })();
    const image = await this.#image;
    for (const { engine } of hosts) {
      const answer = await engine.fetch(`/images/create?fromImage=${encodeURIComponent(image)}`, { method: "POST" });
      const said = await answer.text();
      if (!answer.ok || said.includes('"error"')) throw new Error(`pulling ${image}: ${said}`);
    }
    return image;
  }

  /** A fresh master with nodes that exist only as records, and that have capacity for any number of tasks. */
  async masterWithNodes(nodes: number, options: MasterOptions = {}): Promise<MasterProcess> {
    const master = await (await this.cluster()).master(options).start();
    await registerNodes(master, nodes);
    return master;
  }
}

export const addressOf = (master: MasterProcess) => {
  const { hostname, port } = new URL(master.url);
  return { host: hostname, port: Number(port) };
};

export async function registerNodes(master: MasterProcess, count: number): Promise<void> {
  if (count === 0) return;
  await mustLoad({
    to: addressOf(master),
    connections: Math.min(LOAD_CONNECTIONS, count),
    requests: count,
    status: 201,
    request: (n) =>
      httpRequest(
        "POST",
        "/api/v1/nodes/register",
        JSON.stringify({
          hostname: `node-${n}`,
          port: 8081,
          capacity: 10_000,
          cpu: 1_024,
          memory: 2 ** 43,
          labels: { zone: `z${n % 3}` },
        }),
      ),
  });
}

/** The task that every rate is measured with: a typical small web server. */
export function taskBody(name: string): string {
  return JSON.stringify({
    name,
    image: "nginx:1.27",
    env: { MODE: "production" },
    labels: { app: "web" },
    resources: { cpu: { request: "100m" }, memory: { request: "64Mi" } },
  });
}

export function createTasks(master: MasterProcess, count: number, prefix = "task", connections = LOAD_CONNECTIONS) {
  return mustLoad({
    to: addressOf(master),
    connections,
    requests: count,
    status: 201,
    request: (n) => httpRequest("POST", "/api/v1/tasks", taskBody(`${prefix}-${n}`)),
  });
}

export async function nodesOnline(master: MasterProcess, count: number): Promise<void> {
  await until(`${count} nodes to be online`, async () => {
    const nodes = await master.json<{ status: string }[]>("GET", "/api/v1/nodes");
    return nodes.filter(({ status }) => status === "online").length === count;
  });
}

/** One value of GET /metrics. */
export async function metric(master: MasterProcess, name: string): Promise<number> {
  const text = await (await master.fetch("/metrics")).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
  if (line === undefined) throw new Error(`there is no metric ${name}`);
  return Number(line.slice(line.lastIndexOf(" ") + 1));
}

/** Removes all containers and tasks of the pair. Not part of any timing. */
export async function clearPair({ master, hosts }: Pair): Promise<void> {
  await Promise.all(hosts.map(({ engine }) => engine.removeContainers()));
  await until("the tasks to end", async () => {
    const tasks = await master.json<ListedTask[]>("GET", "/api/v1/tasks?limit=10000");
    await Promise.all(tasks.map(({ taskId }) => master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`)));
    return tasks.length === 0;
  });
  await Promise.all(hosts.map(({ engine }) => engine.removeContainers()));
}
