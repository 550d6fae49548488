// The worker: joins the master, follows its wishes, and keeps a runner for each task. Everything it does starts from a
// whole comparison: at a sync, when the engine comes back, and after an event for the task it names.

import type { Client } from "../api/client.ts";
import type { GoneEvent, SyncEvent } from "../api/operations.ts";
import { type Clock, delay } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { Semaphore } from "../lib/semaphore.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { EngineInfo } from "../model/node.ts";
import type { Task } from "../model/task.ts";
import { type ContainerState, type Runtime, RuntimeError } from "../runtime/runtime.ts";
import type { Identity } from "./identity.ts";
import { MasterLink, type NodeDescription } from "./master-link.ts";
import { Reporter } from "./reporter.ts";
import { type RunnerContext, TaskRunner } from "./task-runner.ts";

export interface WorkerOptions {
  client: Client;
  runtime: Runtime;
  clock: Clock;
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
  retention?: { count: number; ageMs: number };
}

export class Worker {
  readonly #options: WorkerOptions;
  readonly #runners = new Map<TaskId, TaskRunner>();
  readonly #ended = new AbortController();
  readonly #context: RunnerContext;
  #identity: Identity;
  #engine: EngineInfo | null = null;
  #machine = { cpu: 0, memory: 0 };
  #engineError: string | null = "it has not answered yet";
  #engineEvents: AbortController | null = null;
  readonly #link: MasterLink;
  #synced = false;
  #sweepDue = false;
  readonly counters = { starts: 0, restarts: 0, failures: 0, pulls: 0, heartbeats: 0, syncs: 0 };

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#identity = options.identity.read() ?? { nodeId: "", clusterId: "" };
    this.#context = {
      runtime: options.runtime,
      clock: options.clock,
      log: options.log,
      identity: () => this.#identity,
      starts: new Semaphore(limits.concurrentStarts),
      pulls: new Semaphore(limits.concurrentPulls),
      signal: this.#ended.signal,
      counters: this.counters,
      onEngineLost: (error) => this.#engineLost(error),
      onEnded: () => this.#sweepSoon(),
    };
    this.#link = new MasterLink({
      ...options,
      signal: this.#ended.signal,
      node: () => this.#describe(),
      onRegistered: (nodeId) => this.#becomes({ ...this.#identity, nodeId }),
      onEvent: (event, data) => this.#onEvent(event, data),
      counters: this.counters,
    });
  }

  get nodeId(): string {
    return this.#identity.nodeId;
  }

  get masterUp(): boolean {
    return this.#link.up;
  }

  get engineError(): string | null {
    return this.#engineError;
  }

  /** What it holds: wish and container of each task. */
  holdings(): { taskId: TaskId; wish: Task | null; found: ContainerState | null }[] {
    return [...this.#runners.values()].map(({ taskId, wish, found }) => ({ taskId, wish, found }));
  }

  /** Joins and goes on until stop(); resolves when it has first registered. */
  async start(): Promise<void> {
    await this.#tryEngine();
    if (this.#engineError !== null) void this.#awaitEngine();
    await this.#link.join();
  }

  /** Leaves containers running: whoever starts next adopts them. */
  stop(): void {
    this.#ended.abort();
    this.#engineEvents?.abort();
    for (const runner of this.#runners.values()) runner.stop();
  }

  /** Stops every container, each with its grace, and leaves the cluster: what is to be kept alive is replaced elsewhere. */
  async drain(): Promise<void> {
    const { client, runtime, log } = this.#options;
    const running = this.holdings().filter(({ found }) => found?.status === "running");
    this.stop();
    log.info("draining: containers are stopped", { containers: running.length });
    await Promise.allSettled(
      running.map(({ wish, found }) =>
        runtime.stop(found!.containerId, wish?.stopGraceSeconds ?? limits.stopGraceSecondsDefault),
      ),
    );
    const left = await client.call("deregisterNode", { id: this.nodeId, timeoutMs: 5000 }).catch(() => null);
    if (!left?.ok) log.warn("the master was not told; it will miss this node in a few seconds");
  }

  #describe(): NodeDescription {
    const { hostname, port, address, capacity, labels, cpu, memory, version } = this.#options;
    return {
      hostname,
      port,
      capacity,
      labels,
      cpu: cpu ?? this.#machine.cpu,
      memory: memory ?? this.#machine.memory,
      engine: this.#engine,
      engineError: this.#engineError,
      version,
      ...(address === null ? {} : { address }),
      ...(this.nodeId === "" ? {} : { nodeId: this.nodeId }),
    };
  }

  #becomes(identity: Identity): void {
    if (identity.nodeId === this.#identity.nodeId && identity.clusterId === this.#identity.clusterId) return;
    this.#identity = identity;
    this.#options.identity.write(identity);
  }

  // ---- the wishes

  async #onEvent(event: string, data: string): Promise<void> {
    if (event === "sync") {
      const sync = JSON.parse(data) as SyncEvent;
      this.#becomes({ ...this.#identity, clusterId: sync.clusterId });
      await this.#sync(sync.tasks);
    } else if (event === "task") {
      const task = JSON.parse(data) as Task;
      this.#runner(task.taskId, task).want(task);
    } else if (event === "gone") {
      const { taskId, deleted } = JSON.parse(data) as GoneEvent;
      this.#runners.get(taskId as TaskId)?.want(null, deleted);
    }
  }

  /** The whole wish against the whole truth. */
  async #sync(tasks: Task[]): Promise<void> {
    this.counters.syncs++;
    const first = !this.#synced;
    this.#synced = true;
    if (first || this.#engineEvents === null) await this.#adopt();
    const wanted = new Map(tasks.map((task) => [task.taskId, task]));
    for (const task of tasks) this.#runner(task.taskId, task).want(task);
    for (const runner of this.#runners.values()) if (!wanted.has(runner.taskId)) runner.want(null);
  }

  #runner(taskId: TaskId, wish: Task | null, found: ContainerState | null = null): TaskRunner {
    const existing = this.#runners.get(taskId);
    if (existing) return existing;
    const { client, clock, log } = this.#options;
    const reporter = new Reporter(
      {
        client,
        clock,
        log,
        taskId,
        nodeId: () => this.nodeId,
        signal: this.#ended.signal,
        onSettled: () => this.#sweepSoon(),
      },
      wish?.status ?? "scheduled",
    );
    const runner = new TaskRunner(taskId, wish, found, this.#context, reporter);
    this.#runners.set(taskId, runner);
    return runner;
  }

  // ---- the engine

  /** Finds every container of this node, and follows the engine's events from then on. */
  async #adopt(): Promise<void> {
    const { runtime } = this.#options;
    const { clusterId, nodeId } = this.#identity;
    if (clusterId === "" || this.#engineError !== null) return;
    this.#engineEvents?.abort();
    const events = new AbortController();
    this.#engineEvents = events;
    // Listening begins before the look, so that nothing falls in between.
    const opened = new Promise<void>((resolve) => {
      runtime
        .events(clusterId, resolve, ({ taskId }) => this.#runners.get(taskId as TaskId)?.look(), events.signal)
        .catch((error) => this.#engineLost(error))
        .finally(resolve);
    });
    try {
      await opened;
      const found = await runtime.list(clusterId, nodeId);
      for (const state of found) {
        const taskId = state.taskId as TaskId;
        if (this.#runners.has(taskId)) continue;
        this.#runner(taskId, null, state);
      }
      for (const runner of this.#runners.values()) {
        const state = found.find(({ taskId }) => taskId === runner.taskId) ?? null;
        if (state) runner.found = state;
        runner.attempts.hadContainer ||= state !== null;
      }
    } catch (error) {
      this.#engineLost(error);
    }
  }

  async #tryEngine(): Promise<boolean> {
    try {
      const { engine, cpu, memory } = await this.#options.runtime.info();
      this.#engine = engine;
      this.#machine = { cpu, memory };
      this.#engineError = null;
      return true;
    } catch (error) {
      this.#engineError = (error as Error).message.slice(0, limits.messageLength);
      return false;
    }
  }

  #engineLost(error: unknown): void {
    if (this.#ended.signal.aborted || this.#engineError !== null) return;
    const why = error instanceof RuntimeError ? error.message : (error as Error).message;
    this.#engineError = why.slice(0, limits.messageLength);
    this.#engineEvents?.abort();
    this.#engineEvents = null;
    this.#options.log.error("the engine is away; nothing can be started or stopped", { why });
    this.#link.beatNow();
    void this.#awaitEngine();
  }

  async #awaitEngine(): Promise<void> {
    const { clock, log } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    while (!this.#ended.signal.aborted) {
      await delay(clock, pauseMs, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      if (await this.#tryEngine()) break;
      pauseMs = Math.min(pauseMs * 2, limits.retryMaxMs / 6);
    }
    log.info("the engine answers again");
    this.#link.beatNow();
    if (!this.#synced) return;
    await this.#adopt();
    for (const runner of this.#runners.values()) runner.look();
  }

  // ---- ended containers

  #sweepSoon(): void {
    if (this.#sweepDue) return;
    this.#sweepDue = true;
    this.#options.clock.soon(() => {
      this.#sweepDue = false;
      void this.#sweep().catch((error) => this.#engineLost(error));
    });
  }

  /** Removes ended containers beyond the limit, oldest first, and forgets tasks that left nothing. */
  async #sweep(): Promise<void> {
    const { runtime, clock, retention } = this.#options;
    const { count, ageMs } = retention ?? { count: limits.endedContainerCount, ageMs: limits.endedContainerAgeMs };
    const over = [...this.#runners.values()].filter((runner) => runner.isOver);
    for (const runner of over) if (runner.found === null) this.#runners.delete(runner.taskId);
    const kept = over.filter(({ found }) => found !== null).sort((left, right) => endOf(left) - endOf(right));
    const oldest = clock.now() - ageMs;
    for (const [index, runner] of kept.entries()) {
      if (index >= kept.length - count && endOf(runner) > oldest) break;
      await runtime.remove(runner.found!.containerId);
      this.#runners.delete(runner.taskId);
    }
  }
}

function endOf({ found }: TaskRunner): number {
  return Date.parse(found?.finishedAt ?? "") || 0;
}
