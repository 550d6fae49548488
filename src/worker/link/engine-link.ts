// The worker's end of the wire to its engine: knows whether it is there, asks it whether it still lives, lists what it
// has, and passes its events on. It knows containers, no wishes.

import { type CancelTimer, type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import type { EngineInfo } from "../../model/node/node.ts";
import type { ContainerEvent, ContainerState } from "../../runtime/containers.ts";
import type { Runtime } from "../../runtime/runtime.ts";

export interface EngineLinkOptions {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  /** Ends everything. */
  signal: AbortSignal;
  /** Whose containers; null until the master has said. */
  owner: () => { clusterId: string; nodeId: string } | null;
  /** Something happened to the container of this task. */
  onEvent: (taskId: string) => void;
  /** The whole truth: all containers of the owner, at the start and whenever the engine is back. */
  onTruth: (found: ContainerState[]) => void;
  /** The same list while events go on. It may be older than what events said: it only tells where to look. */
  onList: (found: ContainerState[]) => void;
  /** `error` or `machine` have changed. */
  onNews: () => void;
}

export interface Machine {
  engine: EngineInfo;
  cpu: number;
  memory: number;
}

export class EngineLink {
  readonly #options: EngineLinkOptions;
  #machine: Machine | null = null;
  #error: string | null = "the engine has not answered yet";
  /** Ends the stream of events; null: there is none, and what is known of containers may be old. */
  #events: AbortController | null = null;
  #probing = false;
  #cancelLook: CancelTimer = () => {};
  #listing = false;

  constructor(options: EngineLinkOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => {
      this.#cancelLook();
      this.#deafen();
    });
  }

  /** Null until it has answered once. */
  get machine(): Machine | null {
    return this.#machine;
  }

  /** Why it cannot be used; null: it can. */
  get error(): string | null {
    return this.#error;
  }

  /** The truth is known, and events keep it so. */
  get ready(): boolean {
    return this.#error === null && this.#events !== null;
  }

  /** Resolves after the first try, which takes long where the engine hangs. Goes on trying after that. */
  async begin(): Promise<void> {
    const answered = await this.#meet();
    this.#watch();
    if (!answered) {
      void this.#await();
      return;
    }
    // The worker may have registered meanwhile, without an engine.
    this.#options.onNews();
    await this.adopt();
  }

  /** Lists and listens, for the owner as it is now. Where the engine is away this happens when it is back. */
  async adopt(): Promise<void> {
    const { runtime, onTruth, onEvent, owner } = this.#options;
    const whose = owner();
    if (whose === null || this.#error !== null) return;
    this.#deafen();
    const events = new AbortController();
    // Listening begins before the look, so that nothing falls in between. What is told during the look may be newer than
    // what it brings, and of tasks that nobody knows yet: those are looked at again.
    const during = new Set<string>();
    const heard = ({ taskId }: ContainerEvent) => {
      if (this.#events !== events) during.add(taskId);
      onEvent(taskId);
    };
    const opened = new Promise<void>((resolve) => {
      runtime.containers
        .events(whose.clusterId, resolve, heard, events.signal)
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
      const found = await runtime.containers.list(whose.clusterId, whose.nodeId);
      if (this.#error !== null || this.#options.signal.aborted) {
        events.abort();
        return;
      }
      this.#deafen(); // to a second adoption at the same time
      this.#events = events;
      onTruth(found);
      for (const taskId of during) onEvent(taskId);
    } catch (error) {
      events.abort();
      this.#lost(error);
    }
  }

  /** Engines drop events for listeners that are slow: now and then the whole is compared, while the events go on. */
  async #lookAgain(): Promise<void> {
    const { runtime, owner, onList } = this.#options;
    const events = this.#events;
    const whose = owner();
    if (events === null || whose === null || this.#listing) return;
    this.#listing = true;
    try {
      const found = await runtime.containers.list(whose.clusterId, whose.nodeId);
      if (this.#events === events) onList(found);
    } catch {
      void this.suspect();
    } finally {
      this.#listing = false;
    }
  }

  /** A call went wrong: is it the engine, or only that call? */
  async suspect(): Promise<void> {
    if (this.#probing || this.#error !== null || this.#options.signal.aborted) return;
    this.#probing = true;
    try {
      await this.#options.runtime.engine.ping();
    } catch (error) {
      this.#lost(error);
    } finally {
      this.#probing = false;
    }
  }

  /** An engine that hangs keeps its connections open, and one that is busy drops events: only asking tells. */
  #watch(looks = 1): void {
    const { clock, signal } = this.#options;
    this.#cancelLook = clock.timer(limits.enginePingMs, () => {
      if (signal.aborted) return;
      if (looks % limits.enginePingsPerList === 0) void this.#lookAgain();
      void this.suspect().then(() => this.#watch(looks + 1));
    });
  }

  #deafen(): void {
    this.#events?.abort();
    this.#events = null;
  }

  #lost(error: unknown): void {
    const { log, signal, onNews } = this.#options;
    if (signal.aborted || this.#error !== null) return;
    this.#error = messageOf(error);
    this.#deafen();
    log.error("the engine is away; nothing can be started or stopped", { why: this.#error });
    onNews();
    void this.#await();
  }

  async #await(): Promise<void> {
    const { clock, log, signal, onNews } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    do {
      await delay(clock, pauseMs, signal);
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, limits.enginePingMs);
    } while (!(await this.#meet()));
    log.info("the engine answers again");
    onNews();
    await this.adopt();
  }

  async #meet(): Promise<boolean> {
    const { runtime } = this.#options;
    try {
      await runtime.engine.ping(); // gives up sooner than a call does
      this.#machine = await runtime.engine.info();
      this.#error = null;
      return true;
    } catch (error) {
      const before = this.#error;
      this.#error = messageOf(error);
      if (before !== this.#error) this.#options.onNews();
      return false;
    }
  }
}

function messageOf(error: unknown): string {
  return (error as Error).message.slice(0, limits.messageLength);
}
