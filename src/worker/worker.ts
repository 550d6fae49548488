// The worker: joins the master, follows its wishes, and keeps a runner for each task. Everything it does starts from a
// whole comparison: at a sync, when the engine comes back, and after an event for the task it names.

import type { Client } from "../api/client.ts";
import type { GoneEvent, SyncEvent } from "../api/views/stream-events.ts";
import { type Clock, delay } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Random } from "../lib/random.ts";
import { Semaphore } from "../lib/semaphore.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { Cleanup, CleanupKind } from "../model/node/cleanup.ts";
import type { ContainerState, Runtime } from "../runtime/runtime.ts";
import type { Identity } from "./data-dir/identity.ts";
import { Cleaner } from "./gc/cleaner.ts";
import { DeletedTasks } from "./gc/deleted-tasks.ts";
import { type Wanted, wantedBy } from "./gc/gc-rules.ts";
import { ImageGc, type Watermarks } from "./gc/image-gc.ts";
import { PulledImages, type PulledImagesStore } from "./gc/pulled-images.ts";
import { Retention } from "./gc/retention.ts";
import { EngineLink } from "./link/engine-link.ts";
import { MasterLink, type NodeDescription } from "./link/master-link.ts";
import { Reporter } from "./link/reporter.ts";
import type { Assignment } from "./task/assignment.ts";
import { drainTasks } from "./task/drain.ts";
import type { RunnerContext } from "./task/runner-context.ts";
import { TaskRunner } from "./task/task-runner.ts";

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
  identity: { read(): Identity | null; write(identity: Identity): void };
  /** Of ended containers. */
  retention?: { count: number; ageMs: number };
  /** Where it is kept which images it pulled; left out: not beyond this process. */
  pulledImages?: PulledImagesStore;
  /** Of the disk with the engine's data; null: images are removed only when somebody asks. */
  watermarks?: Watermarks | null;
}

export class Worker {
  readonly #options: WorkerOptions;
  readonly #runners = new Map<TaskId, TaskRunner>();
  readonly #ended = new AbortController();
  readonly #context: RunnerContext;
  readonly #reports = new Semaphore(limits.concurrentReports);
  readonly #master: MasterLink;
  readonly #engine: EngineLink;
  readonly #retention: Retention;
  readonly #removedMeanwhile: DeletedTasks;
  readonly #images: ImageGc;
  readonly #cleaner: Cleaner;
  #identity: Identity;
  /** The master has said which tasks it wants here. */
  #synced = false;
  #draining = false;
  readonly counters = { starts: 0, restarts: 0, failures: 0, pulls: 0, heartbeats: 0, syncs: 0 };

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#identity = options.identity.read() ?? { nodeId: "", clusterId: "" };
    const { signal } = this.#ended;
    this.#context = {
      ...options,
      identity: () => this.#identity,
      starts: new Semaphore(limits.concurrentStarts),
      pulls: new Semaphore(limits.concurrentPulls),
      stops: new Semaphore(limits.concurrentStops),
      logReads: new Semaphore(limits.lastLogReads),
      signal,
      counters: this.counters,
      engineReady: () => this.#engine.ready && !this.#draining,
      somethingGoes: () => [...this.#runners.values()].some((runner) => runner.isGoing),
      onUsed: (image) => this.#images.onUsed(image),
      onPulled: (image, pulled) => this.#images.onPulled(image, pulled),
      onEngineTrouble: () => void this.#engine.suspect(),
      onEnded: () => this.#retention.soon(),
    };
    this.#master = new MasterLink({
      ...options,
      signal,
      node: () => this.#describe(),
      onRegistered: (nodeId) => this.#becomes({ ...this.#identity, nodeId }),
      onEvent: (event, data) => this.#onEvent(event, data),
      onBack: () => this.#eachRunner((runner) => runner.hurry()),
      counters: this.counters,
    });
    this.#engine = new EngineLink({
      ...options,
      signal,
      owner: () => (this.#identity.clusterId === "" || this.counters.syncs === 0 ? null : this.#identity),
      onEvent: (taskId) => this.#runners.get(taskId as TaskId)?.look(),
      onTruth: (found) => this.#onTruth(found),
      onList: (found) => this.#onList(found),
      onNews: () => this.#master.tell(),
    });
    this.#removedMeanwhile = new DeletedTasks({
      ...options,
      signal,
      runners: this.#runners,
      following: () => this.#master.following,
    });
    this.#retention = new Retention({
      ...options,
      signal,
      runners: this.#runners,
      keep: options.retention ?? { count: limits.endedContainerCount, ageMs: limits.endedContainerAgeMs },
    });
    const { diskHighPercent: highPercent, diskLowPercent: lowPercent } = limits;
    const storage = {
      ...options,
      signal,
      pulled: new PulledImages({ ...options, ...(options.pulledImages ? { store: options.pulledImages } : {}) }),
      wanted: () => this.#wantedNow(),
      ready: () => this.#context.engineReady() && this.#synced,
      turn: new Semaphore(1),
    };
    const watermarks = options.watermarks === undefined ? { highPercent, lowPercent } : options.watermarks;
    this.#images = new ImageGc({ ...storage, watermarks });
    const identity = () => this.#identity;
    this.#cleaner = new Cleaner({ ...storage, identity, runners: this.#runners, images: this.#images });
  }

  #wantedNow(): Wanted {
    return wantedBy([...this.#runners.values()].flatMap(({ wish }) => (wish ? [wish] : [])));
  }

  /** What goes of these kinds and what stays; removed unless it is a dry run. Throws RuntimeError. */
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

  /** What it holds: wish and container of each task. */
  holdings(): { taskId: TaskId; wish: Assignment | null; found: ContainerState | null }[] {
    return [...this.#runners.values()].map(({ taskId, wish, found }) => ({ taskId, wish, found }));
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

  /** Leaves containers running: whoever starts next adopts them. */
  stop(): void {
    this.#ended.abort();
    this.#eachRunner((runner) => runner.stop());
  }

  /** Stops every container, each with its grace, and leaves the cluster. Heartbeats go on until the last has ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#eachRunner((runner) => runner.stop());
    const wishes = new Map<TaskId, Assignment>();
    this.#eachRunner(({ taskId, wish }) => {
      if (wish) wishes.set(taskId, wish);
    });
    const busy = () => [...this.#runners.values()].some((runner) => runner.isWorking);
    await drainTasks({ ...this.#options, ...this.#identity, wishes, stops: this.#context.stops, busy });
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

  #becomes(identity: Identity): void {
    if (identity.nodeId === this.#identity.nodeId && identity.clusterId === this.#identity.clusterId) return;
    // Kept before it is used: where the disk is full this is tried again, and no container is made for a node that a
    // worker started after this one would not know to be.
    this.#options.identity.write(identity);
    this.#identity = identity;
  }

  // ---- the wishes

  async #onEvent(event: string, data: string): Promise<void> {
    if (event === "sync") {
      await this.#onSync(JSON.parse(data) as SyncEvent);
    } else if (event === "task") {
      const task = JSON.parse(data) as Assignment;
      this.#runner(task.taskId, task).want(task);
    } else if (event === "gone") {
      const { taskId, deleted } = JSON.parse(data) as GoneEvent;
      this.#runners.get(taskId as TaskId)?.want(null, deleted);
    }
  }

  /** The whole wish against the whole truth. */
  async #onSync({ clusterId, tasks }: SyncEvent): Promise<void> {
    this.counters.syncs++;
    const moved = this.#identity.clusterId !== clusterId;
    if (moved) this.#leave(clusterId);
    if (moved || !this.#engine.ready) await this.#engine.adopt();
    const wanted = new Set(tasks.map(({ taskId }) => taskId));
    for (const task of tasks) this.#runner(task.taskId, task).want(task);
    this.#eachRunner((runner) => {
      if (!wanted.has(runner.taskId)) runner.want(null);
    });
    this.#synced = true;
    void this.#removedMeanwhile.ask();
  }

  /** Another cluster than before: what runs for that one is not this one's to stop. */
  #leave(clusterId: string): void {
    const before = this.#identity.clusterId;
    if (before !== "") {
      this.#options.log.warn("this is another cluster than before; containers of that one are left alone", {
        before,
        now: clusterId,
        remove: `docker rm -f $(docker ps -aq --filter label=podling.cluster=${before})`,
      });
    }
    this.#eachRunner((runner) => runner.stop());
    this.#runners.clear();
    this.#synced = false;
    this.#becomes({ ...this.#identity, clusterId });
  }

  #runner(taskId: TaskId, wish: Assignment | null, found: ContainerState | null = null): TaskRunner {
    const existing = this.#runners.get(taskId);
    if (existing) return existing;
    const reporter = new Reporter(
      {
        ...this.#options,
        taskId,
        nodeId: () => this.nodeId,
        signal: this.#ended.signal,
        gate: this.#reports,
        onSettled: () => this.#retention.soon(),
      },
      wish?.status ?? "scheduled",
    );
    const runner = new TaskRunner(taskId, wish, found, this.#context, reporter);
    this.#runners.set(taskId, runner);
    return runner;
  }

  #eachRunner(visit: (runner: TaskRunner) => void): void {
    for (const runner of [...this.#runners.values()]) visit(runner);
  }

  // ---- the engine

  #onTruth(found: ContainerState[]): void {
    const states = new Map(found.map((state) => [state.taskId as TaskId, state]));
    this.#eachRunner((runner) => runner.adopt(states.get(runner.taskId) ?? null));
    for (const [taskId, state] of states) {
      const runner = this.#runner(taskId, null, state);
      // Before the first sync nobody has said what is wanted; after it, what has no runner is not.
      if (this.#synced && !runner.knowsWish) runner.want(null);
    }
    this.#eachRunner((runner) => runner.look(false));
    if (this.#synced) void this.#removedMeanwhile.ask();
  }

  /** Looks at each container of which this list says something else than is known. */
  #onList(found: ContainerState[]): void {
    const listed = new Map(found.map((state) => [state.taskId as TaskId, state]));
    if (!this.#synced) return;
    for (const taskId of listed.keys()) if (!this.#runners.has(taskId)) this.#runner(taskId, null).want(null);
    this.#eachRunner((runner) => {
      const state = listed.get(runner.taskId);
      const { found: known } = runner;
      if (state?.status !== known?.status || state?.startedAt !== known?.startedAt) runner.look();
    });
  }
}
