// The one writer. Commands wait in an inbox; a tick takes them all, decides, and makes the batch durable with one
// append before anybody is told. It must never let an undurable change be seen.

import type { Asked, Command, Granted } from "../../core/commands/command.ts";
import type { Retention } from "../../core/reconcile/reconciler.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { commandEntries, runTick, type Tick } from "../../core/tick.ts";
import { type Journal, JournalUnavailable } from "../../journal/journal.ts";
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { drawSeed, type Random } from "../../lib/random.ts";
import { type Batch, dataFormat } from "../../model/change.ts";
import { limits } from "../../model/limits.ts";
import { type Origin, systemOrigin } from "../../model/origin.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";

export interface TickLoopOptions {
  state: ClusterState;
  journal: Journal;
  retention: Retention;
  clock: Clock;
  random: Random;
  log: Log;
  /** Told of each batch once it is durable, in order, before the askers are answered. */
  onCommitted: (batch: Batch, tick: Tick) => void;
  /** An error that is no refusal: a broken invariant. The process must not go on with the state it has. */
  onFatal: (error: unknown) => void;
}

interface Waiting extends Asked {
  answer: (outcome: Outcome<Granted>) => void;
}

/** After a failed append the journal is tried again this often, so that it is noticed when the disk recovers. */
const journalRetryMs = 1000;

export class TickLoop {
  readonly #options: TickLoopOptions;
  #inbox: Waiting[] = [];
  #ticking = false;
  #scheduled = false;
  #stopping = false;
  #stopped = false;
  /** Nothing is decided until it is released. */
  #held = false;
  /** The first command, which begins the epoch, was refused by the journal: nothing else comes before it. */
  #unbegun = false;
  #journalError: string | null = null;
  #cancelWake: CancelTimer | null = null;
  #cancelRetry: CancelTimer | null = null;
  #inFlight: Promise<void> | null = null;
  /** Batches, commands and changes so far, for metrics. */
  readonly counters = { ticks: 0, commands: 0, changes: 0, journalFailures: 0 };

  constructor(options: TickLoopOptions) {
    this.#options = options;
  }

  /** Why the journal cannot write, or null while it can. */
  get journalError(): string | null {
    return this.#journalError;
  }

  get waiting(): number {
    return this.#inbox.length;
  }

  /** Resolves when nothing undurable is in the state: at once, unless an append is under way. */
  whenDurable(): Promise<void> | null {
    return this.#inFlight;
  }

  /** Resolves when the outcome is durable, or refused. Never rejects. `origin`: who asks. */
  submit(command: Command, origin: Origin): Promise<Outcome<Granted>> {
    if (this.#stopping) return Promise.resolve(stopping());
    if (this.#unbegun && command.type !== "startMaster") return Promise.resolve(this.#unavailable());
    if (this.#inbox.length >= limits.inboxCommands) {
      return Promise.resolve(
        refuse("too-many", `${this.#inbox.length} requests wait to be decided, which is the limit`, {
          hint: "Wait a little and try again; the master is behind.",
        }),
      );
    }
    return new Promise((answer) => {
      this.#inbox.push({ command, origin, answer });
      this.#schedule();
    });
  }

  /** Lets time-driven work be settled, and says when the next is due. */
  wake(): void {
    void this.submit({ type: "wake" }, systemOrigin("timer"));
  }

  /** Decides what is waiting, refuses what comes after, and stops. */
  async stop(): Promise<void> {
    this.#stopping = true;
    while (this.#inbox.length > 0 || this.#inFlight) {
      await (this.#inFlight ?? new Promise<void>((resolve) => this.#options.clock.soon(resolve)));
    }
    this.#stopped = true;
    this.#cancelWake?.();
    this.#cancelRetry?.();
  }

  /** Resolves when no tick is under way; what comes in waits from now on, until `release` or `retire`. */
  async pause(): Promise<void> {
    this.#held = true;
    while (this.#ticking) await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
  }

  resume(): void {
    this.#held = false;
    if (this.#inbox.length > 0) this.#schedule(); // also what came in before a stop
    this.wake();
  }

  /** Held, it hands over: what waits and what still comes is refused, for another loop decides from now on. */
  retire(): void {
    this.#stopping = true;
    this.#stopped = true;
    this.#cancelWake?.();
    this.#cancelRetry?.();
    for (const { answer } of this.#inbox.splice(0)) answer(replaced());
  }

  #schedule(): void {
    if (this.#scheduled || this.#ticking || this.#stopped || this.#held) return;
    this.#scheduled = true;
    const { clock, onFatal } = this.#options;
    // The second turn: what came in with the first is by then parsed, and shares the append (a quarter fewer of them).
    clock.soon(() =>
      clock.soon(() => {
        this.#scheduled = false;
        if (!this.#held) this.#run().catch(onFatal);
      }),
    );
  }

  async #run(): Promise<void> {
    this.#ticking = true;
    const waiting = this.#inbox.splice(0, limits.batchCommands);
    const { state, clock, random, retention } = this.#options;
    const at = clock.now();
    const seed = drawSeed(random);
    const tick = runTick(state, waiting, { now: at, seed, retention });
    const kept = tick.changes.length === 0 || (await this.#remember(tick, waiting, { at, seed }));
    this.#ticking = false;
    if (waiting.some(({ command }) => command.type === "startMaster")) this.#unbegun = !kept;
    this.counters.ticks++;
    this.counters.commands += waiting.length;
    waiting.forEach(({ answer }, index) => {
      const outcome = tick.outcomes[index]!;
      // Nothing of a batch that was taken back may be answered, not even what it refused: it may have refused because
      // of a change that is now undone.
      answer(kept ? outcome : this.#unavailable());
    });
    this.#goOn(at, kept ? tick.wakeAt : null);
  }

  /** Starts the next tick now where commands or work are left, else sets the timer for the work that is due next. */
  #goOn(now: number, wakeAt: number | null): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    if (this.#inbox.length > 0 || (wakeAt !== null && wakeAt <= now)) this.#schedule();
    if (wakeAt !== null) this.#cancelWake = this.#options.clock.timer(Math.max(1, wakeAt - now), () => this.wake());
  }

  async #remember(tick: Tick, asked: readonly Asked[], about: Pick<Batch, "at" | "seed">): Promise<boolean> {
    const { state, journal, log, onCommitted } = this.#options;
    const { revision, cluster } = state;
    const commands = commandEntries(asked, tick.outcomes);
    const batch: Batch = {
      format: dataFormat,
      revision,
      epoch: cluster.epoch,
      ...about,
      commands,
      changes: tick.changes,
    };
    try {
      const appended = journal.append(batch);
      if (appended instanceof Promise) {
        this.#inFlight = appended.then(undoNothing, undoNothing);
        await appended;
      }
    } catch (error) {
      tick.undo();
      this.#inFlight = null;
      if (!(error instanceof JournalUnavailable)) throw error;
      if (this.#journalError === null)
        log.error("the journal cannot write; changes are refused", { why: error.message });
      this.#journalError = error.message;
      this.counters.journalFailures++;
      this.#retryLater();
      return false;
    }
    this.#inFlight = null;
    if (this.#journalError !== null) log.info("the journal writes again");
    this.#journalError = null;
    this.counters.changes += tick.changes.length;
    onCommitted(batch, tick);
    return true;
  }

  #retryLater(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#options.clock.timer(journalRetryMs, () => {
      if (this.#journalError !== null) void this.submit({ type: "probe" }, systemOrigin("journal-probe"));
    });
  }

  #unavailable(): Outcome<never> {
    return refuse("journal-unavailable", `the journal cannot write: ${this.#journalError}. Nothing was changed`, {
      hint: "Free space or make the master's data folder writable; it recovers by itself.",
    });
  }
}

function undoNothing(): void {}

function stopping(): Outcome<never> {
  return refuse("not-ready", "the master is stopping", { hint: "Try again when it is back." });
}

function replaced(): Outcome<never> {
  return refuse("not-ready", "the state has just been replaced by a backup", { hint: "Look anew, and try again." });
}
