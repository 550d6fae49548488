// The worker's connection to its engine: knows whether the engine answers, lists its containers, and passes their events
// on. It knows containers, and no assignments.

import { type CancelTimer, type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerEvent, ContainerState } from "../../runtime/containers.ts";
import type { Machine } from "../../runtime/engine.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** Whose containers are listed. */
export interface ConfirmedIdentity {
  /** Null until the master has confirmed it. */
  readonly confirmed: { clusterId: string; nodeId: string } | null;
}

/** Called for the containers of the engine. */
export interface EngineListener {
  /** Something happened to a container of this task. */
  onContainerEvent(taskId: string): void;
  /** All containers of the node, at the start and whenever the engine is back. */
  onAllContainers(found: readonly ContainerState[]): void;
  /** The same list while events go on. It may be older than what events said: it says only which containers to look at. */
  onContainerList(found: readonly ContainerState[]): void;
}

/** Called for changes of `error` and `machine`. */
export interface EngineNewsListener {
  onEngineNews(): void;
}

/** Lists all containers of a worker. */
export interface ContainerSource {
  /** Throws RuntimeError. */
  list(node: { clusterId: string; nodeId: string }): Promise<ContainerState[]>;
}

export interface EngineLinkOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  /** Ends everything. */
  signal: AbortSignal;
  identity: ConfirmedIdentity;
  containers: ContainerSource;
}

export class EngineLink {
  readonly #options: EngineLinkOptions;
  /** Null before begin(). */
  #listener: EngineListener | null = null;
  #news: EngineNewsListener | null = null;
  #machine: Machine | null = null;
  #error: string | null = "the engine has not answered yet";
  /** Ends the stream of events. Null if there is none: what is known of containers may then be out of date. */
  #events: AbortController | null = null;
  #probing = false;
  #cancelLook: CancelTimer = () => {};
  /** Pings so far. */
  #looks = 0;
  #listing = false;
  #ended = false;

  constructor(options: EngineLinkOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => {
      this.#ended = true;
      this.#cancelLook();
      this.#stopEvents();
    });
  }

  /** Null until it has answered once. */
  get machine(): Machine | null {
    return this.#machine;
  }

  /** Why the engine cannot be used; null if it can. */
  get error(): string | null {
    return this.#error;
  }

  /** Why no container can start although the engine answers; null if nothing is known. */
  get fault(): string | null {
    return this.#error === null ? (this.#machine?.fault ?? null) : null;
  }

  /** True when all containers are known, and events keep that up to date. */
  get ready(): boolean {
    return this.#error === null && this.#events !== null;
  }

  /** Resolves after the first try, which takes long if the engine hangs. Goes on trying after that. */
  async begin(listener: EngineListener, news: EngineNewsListener): Promise<void> {
    this.#listener = listener;
    this.#news = news;
    const answered = await this.#meet();
    this.#watch();
    if (!answered) {
      this.#options.log.warn("no container engine; tasks wait until it answers", { why: this.#error ?? "" });
      void this.#await();
      return;
    }
    // The worker may have registered meanwhile, without an engine.
    this.#news?.onEngineNews();
    await this.adopt();
  }

  /** Lists all containers of the node and follows their events. If the engine is away this happens when it is back. */
  async adopt(): Promise<void> {
    const { runtime, identity, containers } = this.#options;
    const node = identity.confirmed;
    if (node === null || this.#error !== null) return;
    this.#stopEvents();
    const events = new AbortController();
    // Events are followed before the list is asked for, so that none is missed. An event that comes meanwhile may be newer
    // than the list, and of a task that is not known yet: it is passed on again after the list.
    const during = new Set<string>();
    const onEvent = ({ taskId }: ContainerEvent) => {
      if (this.#events !== events) during.add(taskId);
      this.#listener?.onContainerEvent(taskId);
    };
    const opened = new Promise<void>((resolve) => {
      runtime.containers
        .events(node.clusterId, resolve, onEvent, events.signal)
        .then(
          () => {},
          (error) => {
            if (!events.signal.aborted) this.#lost(error);
          },
        )
        .finally(resolve);
    });
    try {
      await opened;
      const found = await containers.list(node);
      if (this.#error !== null || this.#options.signal.aborted) {
        events.abort();
        return;
      }
      this.#stopEvents(); // those of a second call at the same time
      this.#events = events;
      this.#listener?.onAllContainers(found);
      for (const taskId of during) this.#listener?.onContainerEvent(taskId);
    } catch (error) {
      events.abort();
      this.#lost(error);
    }
  }

  /** Engines drop events for readers that are slow, so all containers are listed now and then, while the events go on. */
  async #listAgain(): Promise<void> {
    const { identity, containers } = this.#options;
    const events = this.#events;
    const node = identity.confirmed;
    if (events === null || node === null || this.#listing) return;
    this.#listing = true;
    try {
      const found = await containers.list(node);
      if (this.#events === events) this.#listener?.onContainerList(found);
    } catch {
      void this.suspect();
    } finally {
      this.#listing = false;
    }
  }

  /** A call failed: asks whether the engine still answers, or only that call failed. */
  suspect(): Promise<void> {
    if (this.#probing || this.#error !== null || this.#ended) return Promise.resolve();
    this.#probing = true;
    return this.#options.runtime.engine.ping().then(this.#answered, this.#unanswered);
  }

  readonly #answered = (): void => {
    this.#probing = false;
  };

  readonly #unanswered = (error: unknown): void => {
    this.#lost(error);
    this.#probing = false;
  };

  /** Asks the engine regularly: one that hangs keeps its connections open, and one that is busy drops events. */
  #watch(): void {
    this.#cancelLook = this.#options.clock.timer(limits.enginePingMs, this.#look);
  }

  readonly #look = (): void => {
    if (this.#ended) return;
    const full = ++this.#looks % limits.enginePingsPerList === 0;
    if (full) void this.#listAgain();
    // A fault is looked for now and then, and its end at every look.
    if (this.#machine?.fault !== undefined && (full || this.#machine.fault !== null)) void this.#lookForFault();
    void this.suspect(); // does nothing while the last ping is not answered
    this.#watch();
  };

  async #lookForFault(): Promise<void> {
    if (this.#error !== null) return;
    try {
      const machine = await this.#options.runtime.engine.info();
      if (this.#error !== null || this.#ended) return;
      this.#know(machine);
    } catch {
      void this.suspect();
    }
  }

  /** Notes what the engine says, and logs a fault that begins or ends. */
  #know(machine: Machine): void {
    const { log } = this.#options;
    const before = this.#machine?.fault ?? null;
    this.#machine = machine;
    const now = machine.fault ?? null;
    if (now === before) return;
    if (now === null) log.info("the engine can start containers again");
    else log.warn("the engine cannot start containers", { why: now });
    this.#news?.onEngineNews();
  }

  #stopEvents(): void {
    this.#events?.abort();
    this.#events = null;
  }

  #lost(error: unknown): void {
    const { log, signal } = this.#options;
    if (signal.aborted || this.#error !== null) return;
    this.#error = messageOf(error);
    this.#stopEvents();
    log.error("the engine is away; nothing can be started or stopped", { why: this.#error });
    this.#news?.onEngineNews();
    void this.#await();
  }

  async #await(): Promise<void> {
    const { clock, log, signal } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    do {
      await delay(clock, pauseMs, signal);
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, limits.enginePingMs);
    } while (!(await this.#meet()));
    log.info("the engine answers again");
    this.#news?.onEngineNews();
    await this.adopt();
  }

  async #meet(): Promise<boolean> {
    const { runtime } = this.#options;
    try {
      await runtime.engine.ping(); // gives up sooner than a call does
      const machine = await runtime.engine.info();
      this.#error = null;
      this.#know(machine);
      return true;
    } catch (error) {
      const before = this.#error;
      this.#error = messageOf(error);
      if (before !== this.#error) this.#news?.onEngineNews();
      return false;
    }
  }
}

function messageOf(error: unknown): string {
  return (error as Error).message.slice(0, limits.messageLength);
}
