// A machine that runs containers. Its engine and its worker's identity outlive the worker; each start runs the real worker
// on them again. Without power the containers end, too; a wipe also removes the identity.

import { AccessControl } from "../../api/access-control.ts";
import { Client } from "../../api/client.ts";
import { instanceHeader } from "../../api/worker-instance.ts";
import { assert } from "../../lib/assert.ts";
import { type Random, randomInteger } from "../../lib/random.ts";
import { firstReleaseNodeIdPattern } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { instanceOf } from "../../model/node/instance.ts";
import type { NodePolicy } from "../../model/node/policy.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Program } from "../../runtime/simulated/options.ts";
import { SimulatedRuntime } from "../../runtime/simulated/simulated-runtime.ts";
import { FilesInMemory } from "../../worker/contents/files-in-memory.ts";
import type { Identity } from "../../worker/data-dir/identity.ts";
import type { FormerNode } from "../../worker/former-nodes.ts";
import { createServer } from "../../worker/server.ts";
import { Worker, type WorkerOptions } from "../../worker/worker.ts";
import { engineDoor } from "../world/engine-door.ts";
import { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import { Process } from "../world/process.ts";
import type { World } from "../world/world.ts";
import { byContents } from "./content-inputs.ts";
import { masterUrl } from "./master-machine.ts";
import { ofFirstRelease } from "./old-release.ts";
import { answersOf } from "./probed.ts";
import { drawImages, programOf, type Registry } from "./programs.ts";

export const workerPort = 8081;
const startMs = 60;
/** So slow that faults often happen in the middle of a copy. */
const pieceMs = { min: 0, max: 1500 };
const gibibyte = 1024 ** 3;

type Container = Readonly<ContainerState>;

export interface WorkerMachineOptions {
  world: World;
  network: Network;
  name: string;
  /** What the worker calls itself. Left out: the name of the machine. */
  hostname?: string;
  /** True when the worker is of an earlier release, with fewer fields in its messages. */
  old: boolean;
  /** What its administrator allows; null: everything. */
  policy: NodePolicy | null;
  /** True when its containers can have addresses of the cluster. */
  networked: boolean;
  /** Where its engine gets images. */
  registry: Registry;
  repaired: () => boolean;
  /** A container was started here. */
  onRun: (machine: WorkerMachine, container: Container) => void;
  /** A run of a container has ended here. */
  onEnd: (machine: WorkerMachine, container: Container) => void;
  /** A container has answered a check. */
  onAnswer: (container: Container, good: boolean) => void;
  /** A worker asks its engine for something. */
  onEngineCall: (machine: WorkerMachine, name: string, words: readonly unknown[]) => void;
}

export class WorkerMachine {
  readonly name: string;
  readonly host: Host;
  readonly #options: WorkerMachineOptions;
  readonly #random: Random;
  readonly capacity: number;
  readonly cpu: number;
  readonly memory: number;
  readonly labels: Record<string, string>;
  /** How many ended containers are kept for their logs. */
  readonly endedContainers: number;
  /** How often it was wiped: what ran before has left no trace. */
  wipes = 0;
  engine!: SimulatedRuntime;
  /** Files of containers. They outlive the worker, and are in memory: a reboot empties them. */
  files = new FilesInMemory();
  /** Delay of each call to the engine. */
  readonly engineDelayMs = { min: 1, max: 10 };
  #engineProcess!: Process;
  /** Containers, by their ids, whose run will end by itself. */
  readonly #passing = new Set<string>();
  #identity: Identity | null = null;
  #formerNodes: readonly FormerNode[] = [];
  #process: Process | null = null;
  #worker: Worker | null = null;
  #wanted = false;
  #boots = 0;

  constructor(options: WorkerMachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.host = new Host(options.world, options.name);
    options.network.addHost(this.host);
    this.#random = options.world.random(`machine ${options.name}`);
    this.capacity = 4 + randomInteger(this.#random, 12);
    this.cpu = 1 + randomInteger(this.#random, 4);
    this.memory = (1 + randomInteger(this.#random, 4)) * gibibyte;
    this.labels = randomInteger(this.#random, 2) === 0 ? { disk: "ssd" } : {};
    this.endedContainers = 1 + randomInteger(this.#random, 12);
    this.#installEngine();
  }

  /** True when its worker is of an earlier release. */
  get old(): boolean {
    return this.#options.old;
  }

  get policy(): NodePolicy | null {
    return this.#options.policy;
  }

  get process(): Process | null {
    return this.#process;
  }

  get worker(): Worker | null {
    return this.#worker;
  }

  get identity(): Identity | null {
    return this.#identity;
  }

  /** A task whose container runs, and will end by itself. */
  get passing(): string | null {
    const found = this.engine
      .all()
      .find(({ containerId, status }) => status === "running" && this.#passing.has(containerId));
    return found?.taskId ?? null;
  }

  #installEngine(): void {
    const { world, registry, repaired, onRun, onEnd, onAnswer } = this.#options;
    this.#engineProcess = new Process(world, this.host, "engine");
    this.engine = new SimulatedRuntime({
      clock: this.#engineProcess.clock,
      random: world.random(`engine of ${this.name} ${this.#engineProcess.name}`),
      images: drawImages(this.#random, registry, repaired),
      program: (spec, run) => ({
        ...programOf(spec, run, repaired()),
        ...answersOf(spec, repaired),
        ...byContents(spec, this.files, repaired),
      }),
      onAnswer: (container, answer) => onAnswer(container, typeof answer === "object" && answer.good),
      onRun: (container, program) => {
        this.#willEnd(container, program);
        onRun(this, container);
      },
      onHandled: (container, program) => this.#willEnd(container, program),
      onEnd: (container) => {
        this.#passing.delete(container.containerId);
        onEnd(this, container);
      },
      delayMs: this.engineDelayMs,
      pieceMs,
      cpu: this.cpu,
      memory: this.memory,
    });
  }

  #willEnd({ containerId }: Container, { runsMs }: Pick<Program, "runsMs">): void {
    if (runsMs === null) this.#passing.delete(containerId);
    else this.#passing.add(containerId);
  }

  /** Its data folder is a copy of that of another machine. */
  copyFolderOf(other: WorkerMachine): void {
    this.#identity = other.#identity && { ...other.#identity };
    this.#formerNodes = other.#formerNodes;
  }

  start(): void {
    this.#wanted = true;
    if (this.#process || !this.host.up) return;
    const { world } = this.#options;
    const process = new Process(world, this.host, "worker");
    this.#process = process;
    world.note(`${process.name} starts`);
    process.clock.timer(startMs, () => this.#begin(process));
  }

  #begin(process: Process): void {
    const { network, old, policy, onEngineCall } = this.#options;
    const runtime = engineDoor(process, this.engine, (name, words) => onEngineCall(this, name, words));
    const fetch = old ? ofFirstRelease(network.fetchFor(process)) : network.fetchFor(process);
    // Release 0.1.0 sent each heartbeat as a request.
    const streams = old ? {} : { openStream: network.streamsFor(process) };
    // Release 0.1.0 does not say which process it is.
    const headers = old ? {} : { [instanceHeader]: instanceOf(this.#place(), `p${this.host.lives}`) };
    const client = new Client({ baseUrl: masterUrl, fetch, ...streams, clock: process.clock, headers });
    const options: WorkerOptions = {
      client,
      runtime,
      clock: process.clock,
      random: process.random,
      log: process.log,
      hostname: this.#options.hostname ?? this.name,
      port: workerPort,
      address: this.name,
      capacity: this.capacity,
      labels: this.labels,
      cpu: null,
      memory: null,
      policy,
      networked: this.#options.networked,
      files: this.files,
      version: old ? "0.1.0" : "0.1.0-sim",
      retention: { count: this.endedContainers, ageMs: limits.endedContainerAgeMs },
      identity: {
        read: () => this.#readIdentity(),
        write: (identity) => {
          this.#identity = { ...identity };
        },
      },
      formerNodes: {
        read: () => ({ list: [...this.#formerNodes], damage: null }),
        write: (nodes) => {
          this.#formerNodes = nodes;
        },
      },
    };
    const worker = new Worker(options);
    this.#worker = worker;
    const access = new AccessControl({ server: "worker", token: null, allowedHosts: [this.name] });
    const serve = createServer({ worker, runtime, access, log: process.log, version: "0.1.0-sim" });
    network.listen(process, workerPort, (request) => serve(request));
    void worker.start();
  }

  /** Another one after each boot, and with each new disk. */
  #place(): string {
    return `${this.name.replaceAll("-", "x")}disk${this.wipes}boot${this.#boots}`;
  }

  /** A worker of release 0.1.0 takes a file with an id of a later form for damaged, and does not start. */
  #readIdentity(): Identity | null {
    const nodeId = this.#identity?.nodeId;
    assert(
      !this.old || nodeId === undefined || firstReleaseNodeIdPattern.test(nodeId),
      `0.1.0 does not know ${nodeId}`,
    );
    return this.#identity;
  }

  /** kill -9 of the worker. Its containers go on. */
  crash(): void {
    const process = this.#process;
    if (!process) return;
    this.#options.world.note(`${process.name} crashes`);
    this.#process = null;
    this.#worker = null;
    process.kill();
  }

  /** SIGTERM: it leaves its containers to the next version. */
  upgrade(): void {
    this.#worker?.stop();
    this.crash();
    this.start();
  }

  powerOff(): void {
    this.#options.world.note(`${this.name} loses power`);
    this.host.up = false;
    this.crash();
    this.files = new FilesInMemory();
    this.engine.goAway({ killContainers: true });
  }

  powerOn(): void {
    this.host.up = true;
    this.#boots++;
    this.engine.comeBack();
    if (this.#wanted) this.start();
  }

  /** A new disk: no identity, no containers, no images. */
  wipe(): void {
    this.wipes++;
    this.#identity = null;
    this.#formerNodes = [];
    this.files = new FilesInMemory();
    this.#engineProcess.kill();
    this.#installEngine();
  }
}
