// The worker: joins a master, follows its assignments, and runs them on the engine. This file only puts the parts together
// and says how it starts, stops and leaves; reconciler.ts compares what is assigned with what there is.

import type { Client } from "../api/client.ts";
import { type Clock, delay } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { limits } from "../model/limits.ts";
import type { Cleanup, CleanupKind } from "../model/node/cleanup.ts";
import { normalPath } from "../model/task/needs.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ContentStore } from "./contents/content-store.ts";
import { FilesInMemory } from "./contents/files-in-memory.ts";
import type { NodeFiles } from "./contents/node-files.ts";
import { TaskFiles } from "./contents/task-files.ts";
import { EngineGate } from "./engine-gate.ts";
import { type FormerNode, FormerNodes } from "./former-nodes.ts";
import { Cleaner } from "./gc/cleaner.ts";
import { DeletedTasks } from "./gc/deleted-tasks.ts";
import { ImageGc, type Watermarks } from "./gc/image-gc.ts";
import { LeftContainers } from "./gc/left-containers.ts";
import { type PulledImageRecord, PulledImages } from "./gc/pulled-images.ts";
import { Retention } from "./gc/retention.ts";
import { SharedFolders } from "./gc/shared-folders.ts";
import { type Holding, holdingOf } from "./holdings.ts";
import { EngineLink } from "./link/engine-link.ts";
import { MasterLink } from "./link/master-link.ts";
import type { ListStore } from "./list-store.ts";
import { LocalNode, type NodeSettings } from "./local-node.ts";
import { type IdentityStore, StoredIdentity } from "./node-identity.ts";
import { type ProbeCounts, Prober } from "./probes/prober.ts";
import { Reconciler } from "./reconciler.ts";
import { DependencyHolds } from "./task/dependency-holds.ts";
import { drainTasks } from "./task/drain.ts";
import { PolicyGuard, type ResolvePath } from "./task/policy-guard.ts";
import { type LookUp, PublishAddress } from "./task/publish-address.ts";
import type { Bounds } from "./task/runner-context.ts";
import { TaskTable } from "./task/task-table.ts";
import { VolumeStore } from "./volumes/volume-store.ts";

export interface WorkerOptions extends NodeSettings {
  client: Client;
  runtime: Runtime;
  clock: Clock;
  random: Random;
  log: Log;
  identity: IdentityStore;
  /** Of ended containers. */
  retention?: { count: number; ageMs: number };
  /** Where the list of pulled images is kept over restarts; left out: nowhere. */
  pulledImages?: ListStore<PulledImageRecord>;
  /** Where it is kept which nodes this worker was before; left out: nowhere. */
  formerNodes?: ListStore<FormerNode>;
  /** Where the files of containers lie on the node. Left out: in memory, where no engine finds them. */
  files?: NodeFiles;
  /** Follows symbolic links, for the policy. Left out: paths are compared as they are. */
  resolvePath?: ResolvePath;
  /** Finds the address of the node if it is registered with a host name. Left out: a host name has none. */
  lookUp?: LookUp;
  /** Of the disk with the engine's data; null: images are removed only by a clean-up that a user asks for. */
  watermarks?: Watermarks | null;
}

const defaultRetention = { count: limits.endedContainerCount, ageMs: limits.endedContainerAgeMs };
const defaultWatermarks = { highPercent: limits.diskHighPercent, lowPercent: limits.diskLowPercent };

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
  readonly #prober: Prober;
  readonly #engine: EngineLink;
  readonly #engineGate: EngineGate;
  readonly #master: MasterLink;
  readonly #images: ImageGc;
  readonly #cleaner: Cleaner;
  readonly #reconciler: Reconciler;
  readonly volumes: VolumeStore;
  readonly #former: FormerNodes;
  readonly counters = { starts: 0, restarts: 0, failures: 0, pulls: 0, heartbeats: 0, syncs: 0 };

  /** Each part gets only parts that were made before it; the links get their listeners when they begin. */
  constructor(options: WorkerOptions) {
    const { signal } = this.#ended;
    const { tasks, counters } = { tasks: this.#tasks, counters: this.counters };
    const { retention = defaultRetention, watermarks = defaultWatermarks, pulledImages: store, formerNodes } = options;
    this.#options = options;
    this.#prober = new Prober(options);
    const identity = new StoredIdentity(options.identity);
    this.#identity = identity;
    this.#former = new FormerNodes({
      ...{ ...options, node: identity, tasks },
      ...(formerNodes ? { store: formerNodes } : {}),
    });
    this.#engine = new EngineLink({ ...options, signal, identity, containers: this.#former });
    this.#engineGate = new EngineGate(this.#engine);
    const node = new LocalNode(options, identity, this.#engine);
    this.#master = new MasterLink({ ...options, signal, node, counters });

    const parts = { ...options, signal, tasks, node: identity, engine: this.#engineGate };
    const storage = {
      ...parts,
      pulled: new PulledImages({ ...options, ...(store ? { store } : {}) }),
      turn: new Semaphore(1),
    };
    this.#images = new ImageGc({ ...storage, watermarks, assignments: tasks });
    const folders = new SharedFolders(parts);
    this.#cleaner = new Cleaner({ ...storage, images: this.#images, folders });

    this.volumes = new VolumeStore(parts);
    const ended = new Retention({ ...parts, folders, keep: retention });
    const policy = new PolicyGuard(options.policy ?? null, options.resolvePath ?? (async (path) => normalPath(path)));
    const contents = new ContentStore();
    const files = options.files ?? new FilesInMemory();
    const holds = new DependencyHolds({ ...parts, master: this.#master });
    const context = {
      ...parts,
      holds,
      files: new TaskFiles(files, contents),
      policy,
      publishAddress: new PublishAddress(options.publishAddress ?? null, options.lookUp ?? (async () => null)),
      ended,
      images: this.#images,
      volumes: this.volumes,
      neighbours: tasks,
      bounds: this.#bounds,
      counters,
      prober: this.#prober,
    };
    const asked = { ...parts, stream: this.#master, former: this.#former };
    this.#reconciler = new Reconciler({
      ...parts,
      identity,
      containers: this.#engine,
      former: this.#former,
      deletedTasks: new DeletedTasks(asked),
      leftContainers: new LeftContainers(asked),
      ...{ context, contents, files, holds },
      counters,
    });
  }

  /** Lists what a clean-up of these kinds removes and keeps, and removes it unless it is a dry run. Throws RuntimeError. */
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
    return this.#engine.error ?? this.#engine.fault;
  }

  get probeCounts(): ProbeCounts {
    return this.#prober.counts;
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
    await Promise.race([
      this.#engine.begin(this.#reconciler, this.#master),
      delay(clock, limits.engineFirstAnswerMs, this.#ended.signal),
    ]);
    await this.#master.join(this.#reconciler);
  }

  /** Leaves containers running: the next worker on this node adopts them. */
  stop(): void {
    this.#ended.abort();
    for (const runner of this.#tasks.all()) runner.stop();
  }

  /** Stops every container, each with its grace, and leaves the cluster. Heartbeats go on until the last has ended. */
  async drain(): Promise<void> {
    this.#engineGate.close();
    for (const runner of this.#tasks.all()) runner.stop();
    await drainTasks({
      ...this.#options,
      node: this.#identity,
      tasks: this.#tasks,
      containers: this.#former,
      stops: this.#bounds.stops,
    });
    this.stop();
  }
}
