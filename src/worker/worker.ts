// The worker: joins a master, follows its assignments, and runs them on the engine. This file only puts the parts together
// and says how it starts, stops and leaves; reconciler.ts compares what is assigned with what there is.

import type { Client } from "../api/client.ts";
import { type Clock, delay } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { limits } from "../model/limits.ts";
import type { Cleanup, CleanupKind } from "../model/node/cleanup.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Cleaner } from "./gc/cleaner.ts";
import { DeletedTasks } from "./gc/deleted-tasks.ts";
import { ImageGc, type Watermarks } from "./gc/image-gc.ts";
import { PulledImages, type PulledImagesStore } from "./gc/pulled-images.ts";
import { Retention } from "./gc/retention.ts";
import { type Holding, holdingOf } from "./holdings.ts";
import { EngineLink } from "./link/engine-link.ts";
import { MasterLink } from "./link/master-link.ts";
import type { NodeDescription } from "./link/node-description.ts";
import { type IdentityStore, StoredIdentity } from "./node-identity.ts";
import { Reconciler } from "./reconciler.ts";
import { drainTasks } from "./task/drain.ts";
import type { Bounds, EngineWatch } from "./task/runner-context.ts";
import { TaskTable } from "./task/task-table.ts";

export interface WorkerOptions {
  client: Client;
  runtime: Runtime;
  clock: Clock;
  random: Random;
  log: Log;
  hostname: string;
  /** Where the worker's own server listens. */
  port: number;
  /** Where the master reaches it; null: where the registration comes from. */
  address: string | null;
  capacity: number;
  labels: Record<string, string>;
  /** Cores and bytes to offer; null: what the engine has. */
  cpu: number | null;
  memory: number | null;
  version: string;
  identity: IdentityStore;
  /** Of ended containers. */
  retention?: { count: number; ageMs: number };
  /** Where the list of pulled images is kept over restarts; left out: nowhere. */
  pulledImages?: PulledImagesStore;
  /** Of the disk with the engine's data; null: images are removed only by a clean-up that a user asks for. */
  watermarks?: Watermarks | null;
}

export class Worker {
  readonly #options: WorkerOptions;
  readonly #ended = new AbortController();
  readonly #identity: StoredIdentity;
  readonly #tasks = new TaskTable();
  readonly #bounds: Bounds = {
    starts: new Semaphore(limits.concurrentStarts),
    pulls: new Semaphore(limits.concurrentPulls),
    stops: new Semaphore(limits.concurrentStops),
    logReads: new Semaphore(limits.lastLogReads),
  };
  readonly #master: MasterLink;
  readonly #engine: EngineLink;
  readonly #images: ImageGc;
  readonly #cleaner: Cleaner;
  #draining = false;
  readonly counters = { starts: 0, restarts: 0, failures: 0, pulls: 0, heartbeats: 0, syncs: 0 };

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#identity = new StoredIdentity(options.identity);
    const { signal } = this.#ended;
    const parts = { ...options, signal, tasks: this.#tasks };
    let reconciler: Reconciler | null = null;
    this.#master = new MasterLink({
      ...options,
      signal,
      node: () => this.#describe(),
      onRegistered: (nodeId) => this.#identity.change({ nodeId }),
      onEvent: async (event, data) => reconciler?.onAssignmentEvent(event, data),
      onBack: () => reconciler?.onMasterBack(),
      counters: this.counters,
    });
    this.#engine = new EngineLink({
      ...options,
      signal,
      owner: () => (this.#identity.clusterId === "" || this.counters.syncs === 0 ? null : this.#identity),
      onEvent: (taskId) => reconciler?.onContainerEvent(taskId),
      onTruth: (found) => reconciler?.onAllContainers(found),
      onList: (found) => reconciler?.onContainerList(found),
      onNews: () => this.#master.tell(),
    });
    const engine = this.#engineWatch();
    const ended = new Retention({
      ...parts,
      keep: options.retention ?? { count: limits.endedContainerCount, ageMs: limits.endedContainerAgeMs },
    });
    const { diskHighPercent: highPercent, diskLowPercent: lowPercent } = limits;
    const watermarks = options.watermarks === undefined ? { highPercent, lowPercent } : options.watermarks;
    const pulled = new PulledImages({ ...options, ...(options.pulledImages ? { store: options.pulledImages } : {}) });
    const storage = { ...parts, engine, pulled, turn: new Semaphore(1), node: this.#identity };
    this.#images = new ImageGc({ ...storage, watermarks, assignments: this.#tasks });
    this.#cleaner = new Cleaner({ ...storage, images: this.#images });
    reconciler = new Reconciler({
      ...parts,
      identity: this.#identity,
      engine: this.#engine,
      deletedTasks: new DeletedTasks({ ...parts, stream: this.#master }),
      context: {
        ...{ ...parts, engine, ended, images: this.#images, node: this.#identity, neighbours: this.#tasks },
        ...{ bounds: this.#bounds, counters: this.counters },
      },
      counters: this.counters,
    });
  }

  /** From the start of a drain on the engine counts as away: nothing is started or removed any more. */
  #engineWatch(): EngineWatch {
    const isDraining = () => this.#draining;
    const link = this.#engine;
    return {
      get ready() {
        return link.ready && !isDraining();
      },
      suspect: () => void link.suspect(),
    };
  }

  /** What of these kinds is removed and what stays; removed unless it is a dry run. Throws RuntimeError. */
  clean(kinds: ReadonlySet<CleanupKind>, dryRun: boolean): Promise<Cleanup> {
    return this.#cleaner.clean(kinds, dryRun);
  }

  get nodeId(): string {
    return this.#identity.nodeId;
  }

  get masterUp(): boolean {
    return this.#master.up;
  }

  get engineError(): string | null {
    return this.#engine.error;
  }

  /** Assignment and container of each task. */
  holdings(): Holding[] {
    return this.#tasks.all().map(holdingOf);
  }

  /**
   * Joins and goes on until stop(); resolves when it has first registered. An engine that hangs does not keep it from
   * registering: its node would be lost, and the containers that still run would be replaced elsewhere.
   */
  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#images.start();
    await Promise.race([this.#engine.begin(), delay(clock, limits.engineFirstAnswerMs, this.#ended.signal)]);
    await this.#master.join();
  }

  /** Leaves containers running: the next worker on this node adopts them. */
  stop(): void {
    this.#ended.abort();
    for (const runner of this.#tasks.all()) runner.stop();
  }

  /** Stops every container, each with its grace, and leaves the cluster. Heartbeats go on until the last has ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const runner of this.#tasks.all()) runner.stop();
    await drainTasks({ ...this.#options, node: this.#identity, tasks: this.#tasks, stops: this.#bounds.stops });
    this.stop();
  }

  #describe(): NodeDescription {
    const { hostname, port, address, capacity, labels, cpu, memory, version } = this.#options;
    const { machine, error } = this.#engine;
    return {
      hostname,
      port,
      capacity,
      labels,
      cpu: cpu ?? machine?.cpu ?? 0,
      memory: memory ?? machine?.memory ?? 0,
      engine: machine?.engine ?? null,
      engineError: error,
      version,
      ...(address === null ? {} : { address }),
      ...(this.nodeId === "" ? {} : { nodeId: this.nodeId }),
    };
  }
}
