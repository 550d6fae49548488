// The only writer. Commands wait in an inbox; a tick takes them all, decides them, and makes the batch durable with one
// append before it answers any of them. No answer, event or read may show a change that is not durable.

import type { Command, Granted, Submission } from "../../core/commands/command.ts";
import type { Retention } from "../../core/reconcile/reconciler.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Delta } from "../../core/state/delta.ts";
import { commandEntries, runTick, type Tick, type TickContext } from "../../core/tick.ts";
import { trial } from "../../core/what-if/trial.ts";
import { type Journal, JournalUnavailable, type Lease } from "../../journal/journal.ts";
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { drawSeed, type Random } from "../../lib/random.ts";
import { type Batch, dataFormat } from "../../model/change.ts";
import { limits } from "../../model/limits.ts";
import { type Origin, systemOrigin } from "../../model/origin.ts";
import type { PlanOutcome } from "../../model/plan/plan.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Pausable } from "./pausable.ts";

/** Learns of each batch once it is durable: in order, before its commands are answered. */
export interface CommitListener {
  /** `deltas`: what each change did. */
  committed(batch: Batch, deltas: readonly Delta[]): void;
}

export interface TickLoopOptions {
  state: ClusterState;
  journal: Journal;
  lease: Lease;
  retention: Retention;
  clock: Clock;
  random: Random;
  log: Log;
  listeners: readonly CommitListener[];
  /** Ends the process: an invariant is broken, or another master may append now. */
  onFatal: (error: unknown) => void;
}

interface Waiting extends Submission {
  answer: (outcome: Outcome<Granted>) => void;
}

/** A batch that is in the state and not yet known to be durable. */
interface InFlight {
  /** Resolves when nothing in the state is undurable; never if the term ends first. */
  durable: Promise<void>;
  /** Resolves in any case. */
  over: Promise<void>;
}

/** durable; undone: it is surely not in the journal, and was taken out of the state; ended: the term is over. */
type Fate = "durable" | "undone" | "ended";

/** After a failed append the journal is tried again this often, so that the loop notices when the disk recovers. */
const journalRetryMs = 1000;

const spaceHint = "Free space or make the master's data folder writable; it recovers by itself.";

/**
 * Turns of the event loop from the first command that waits to the tick. Commands that arrive meanwhile share its append.
 * After a batch of several commands their clients send the next ones within a few turns: a tick that does not wait for
 * them splits the clients in two groups, each with a sync of its own (decision 15).
 */
const turnsAfterOne = 2;
const turnsAfterSeveral = 6;

export class TickLoop implements Pausable {
  readonly #options: TickLoopOptions;
  #inbox: Waiting[] = [];
  #scheduled = false;
  #stopping = false;
  #stopped = false;
  /** From `pause` to `resume` or `retire`, while nothing is decided; resolved at its end. Null if there is no pause. */
  #pause: PromiseWithResolvers<void> | null = null;
  /** True when the first command, which begins the term, was refused by the journal: nothing else comes before it. */
  #unbegun = false;
  #journalError: string | null = null;
  #journalHint = spaceHint;
  #cancelWake: CancelTimer | null = null;
  #cancelRetry: CancelTimer | null = null;
  #inFlight: InFlight | null = null;
  /** Commands in the newest tick. */
  #newestBatch = 0;
  /** Batches, commands and changes so far, for metrics. */
  readonly counters = { ticks: 0, commands: 0, changes: 0, journalFailures: 0 };

  constructor(options: TickLoopOptions) {
    this.#options = options;
  }

  /** Why the journal cannot write, or null while it can. */
  get journalError(): string | null {
    return this.#journalError;
  }

  /** What a user can do about that error. */
  get journalHint(): string {
    return this.#journalHint;
  }

  get waiting(): number {
    return this.#inbox.length;
  }

  /** Resolves when nothing in the state is undurable. Null if nothing is now. */
  whenDurable(): Promise<void> | null {
    return this.#inFlight?.durable ?? null;
  }

  /** Resolves when the outcome is durable, or refused. Never rejects. `origin`: who asks. `expected`: what a plan of it says. */
  submit(command: Command, origin: Origin, expected?: PlanOutcome): Promise<Outcome<Granted>> {
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
      this.#inbox.push({ command, origin, answer, ...(expected ? { expected } : {}) });
      this.#schedule();
    });
  }

  /** Runs a tick for work that is due by time. */
  wake(): void {
    void this.submit({ type: "wake" }, systemOrigin("timer"));
  }

  /** Decides what is waiting, refuses what comes after, and stops. A pause under way ends first, with `resume` or `retire`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    while (((this.#inbox.length > 0 || this.#pause) && !this.#stopped) || this.#inFlight) {
      const nextTurn = () => new Promise<void>((resolve) => this.#options.clock.soon(resolve));
      await (this.#inFlight?.over ?? this.#pause?.promise ?? nextTurn());
    }
    this.#end();
  }

  /** Resolves when no tick is under way. New commands wait from now on, until `resume` or `retire`. */
  async pause(): Promise<void> {
    this.#pause ??= Promise.withResolvers();
    while (this.#inFlight) await this.#inFlight.over;
  }

  resume(): void {
    this.#endPause();
    if (this.#inbox.length > 0) this.#schedule(); // also what came in before a stop
    this.wake();
  }

  /** While paused: refuses what waits and what still comes, for another loop decides from now on. */
  retire(): void {
    this.#end();
    for (const { answer } of this.#inbox.splice(0)) answer(replaced());
    this.#endPause();
  }

  #endPause(): void {
    const pause = this.#pause;
    this.#pause = null;
    pause?.resolve();
  }

  #end(): void {
    this.#stopping = true;
    this.#stopped = true;
    this.#cancelWake?.();
    this.#cancelRetry?.();
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight || this.#stopped || this.#pause) return;
    this.#scheduled = true;
    const { clock, onFatal } = this.#options;
    const next = (turnsLeft: number): void =>
      clock.soon(() => {
        if (turnsLeft > 1) return next(turnsLeft - 1);
        this.#scheduled = false;
        if (!this.#pause && !this.#stopped) this.#run().catch(onFatal);
      });
    next(this.#newestBatch > 1 ? turnsAfterSeveral : turnsAfterOne);
  }

  /** What a tick would get now, beside its seed. */
  get context(): Pick<TickContext, "now" | "retention"> {
    return { now: this.#options.clock.now(), retention: this.#options.retention };
  }

  /** What a command would change as the state is now. Nothing of it is left when `look` returns. */
  trial<T>(command: Command, look: (tick: Tick) => T): T {
    const { state, clock, random, retention } = this.#options;
    const submission = { command, origin: systemOrigin("reconciler") };
    return trial(state, [submission], { now: clock.now(), seed: drawSeed(random), retention }, look);
  }

  async #run(): Promise<void> {
    const waiting = this.#inbox.splice(0, limits.batchCommands);
    this.#newestBatch = waiting.length;
    const { state, clock, random, retention } = this.#options;
    const at = clock.now();
    const seed = drawSeed(random);
    const tick = runTick(state, waiting, { now: at, seed, retention });
    if (tick.changes.length > 0) {
      const { revision, cluster } = state;
      const commands = commandEntries(waiting, tick.outcomes);
      const fate = await this.#append(tick, {
        ...{ format: dataFormat, revision, epoch: cluster.epoch, at, seed, commands },
        changes: tick.changes,
      });
      if (fate === "ended") return;
      this.#answer(waiting, tick, fate === "durable");
      this.#continue(at, fate === "durable" ? tick.wakeAt : null);
    } else {
      this.#answer(waiting, tick, true);
      this.#continue(at, tick.wakeAt);
    }
  }

  #answer(waiting: readonly Waiting[], tick: Tick, kept: boolean): void {
    if (waiting.some(({ command }) => command.type === "startMaster")) this.#begun(kept);
    this.counters.ticks++;
    this.counters.commands += waiting.length;
    waiting.forEach(({ answer }, index) => {
      const outcome = tick.outcomes[index]!;
      // Nothing of a batch that was taken back may be answered, not even what it refused: it may have refused because
      // of a change that is now undone.
      answer(kept ? outcome : this.#unavailable());
    });
  }

  /** Without its first batch the term has no epoch of its own: what came in meanwhile may not be written under the one before. */
  #begun(kept: boolean): void {
    this.#unbegun = !kept;
    if (!kept) for (const { answer } of this.#inbox.splice(0)) answer(this.#unavailable());
  }

  /** Starts the next tick now if commands or work are left, else sets the timer for the work that is due next. */
  #continue(now: number, wakeAt: number | null): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    if (this.#inbox.length > 0 || (wakeAt !== null && wakeAt <= now)) this.#schedule();
    if (wakeAt !== null && !this.#stopped)
      this.#cancelWake = this.#options.clock.timer(Math.max(1, wakeAt - now), () => this.wake());
  }

  /** Makes the tick's batch durable, or takes the tick back. Readers wait meanwhile. */
  async #append(tick: Tick, batch: Batch): Promise<Fate> {
    const durable = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    this.#inFlight = { durable: durable.promise, over: over.promise };
    try {
      const fate = await this.#fateOf(batch);
      if (fate === "undone") tick.undo();
      if (fate === "durable") this.#committed(batch, tick);
      if (fate !== "ended") durable.resolve();
      return fate;
    } finally {
      this.#inFlight = null;
      over.resolve();
    }
  }

  async #fateOf(batch: Batch): Promise<Fate> {
    const { journal, lease } = this.#options;
    try {
      const result = await journal.append(batch, lease);
      if (result === "appended") return "durable";
      if (result === "unknown") return await this.#resolveUnknown(batch);
      this.#fenced();
      return "ended";
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) throw error;
      this.#journalFails("the journal cannot write; changes are refused", error.message, error.hint ?? spaceHint);
      this.#retryLater();
      return "undone";
    }
  }

  /** Asks until it is known whether the batch is durable. Nothing is answered and nothing is decided meanwhile. */
  async #resolveUnknown(batch: Batch): Promise<Fate> {
    const { journal, clock } = this.#options;
    const sentence = "it is not known whether the last write is durable; nothing is answered until it is";
    for (;;) {
      try {
        if (await journal.resolveUnknown(batch)) return "durable";
        this.#journalFails("the last write did not reach the journal; its changes are refused", "the write was lost");
        this.#retryLater();
        return "undone";
      } catch (error) {
        if (!(error instanceof JournalUnavailable)) throw error;
        this.#journalFails(sentence, error.message, error.hint ?? spaceHint);
      }
      if (this.#stopping) return "ended"; // without an answer: the next start finds out
      await new Promise<void>((resolve) => clock.timer(journalRetryMs, resolve));
    }
  }

  #fenced(): void {
    const { log, onFatal } = this.#options;
    log.error("another master has taken over; this one answers nothing any more");
    this.#end();
    this.#inbox = [];
    onFatal(new Error("another master appends to this journal"));
  }

  #committed(batch: Batch, tick: Tick): void {
    const { log, listeners } = this.#options;
    if (this.#journalError !== null) log.info("the journal writes again");
    this.#journalError = null;
    this.counters.changes += tick.changes.length;
    for (const listener of listeners) listener.committed(batch, tick.deltas);
  }

  #journalFails(sentence: string, why: string, hint = spaceHint): void {
    if (this.#journalError === null) this.#options.log.error(sentence, { why, hint });
    this.#journalError = why;
    this.#journalHint = hint;
    this.counters.journalFailures++;
  }

  #retryLater(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#options.clock.timer(journalRetryMs, () => {
      if (this.#journalError !== null) void this.submit({ type: "probe" }, systemOrigin("journal-probe"));
    });
  }

  #unavailable(): Outcome<never> {
    return refuse("journal-unavailable", `the journal cannot write: ${this.#journalError}. Nothing was changed`, {
      hint: this.#journalHint,
    });
  }
}

function stopping(): Outcome<never> {
  return refuse("not-ready", "the master is stopping", { hint: "Try again when it is back." });
}

function replaced(): Outcome<never> {
  return refuse("not-ready", "the state has just been replaced by a backup", {
    hint: "List the current state, then try again.",
  });
}
