// Says which tasks must not be started now, because what their services or jobs depend on is not there. The master says so with
// each assignment. After a start of the engine or of the worker that may be out of date: the master does not know yet what ended
// with them. Then such tasks wait until it does, and has sent the whole set again. What runs is never stopped.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import type { Assignment } from "./assignment.ts";

/** The tasks on this node. */
export interface HeldTasks {
  /** True when the master has sent the whole set. */
  readonly isComplete: boolean;
  all(): readonly HeldTask[];
}

interface HeldTask {
  /** Null if the master wants nothing of it here. */
  readonly assignment: Assignment | null;
  /** True when the master may have it for running, and does not know yet how it is now. */
  readonly isNews: boolean;
  /** What it waits for may have changed. */
  holdChanged(): void;
}

export interface DependencyHoldsOptions {
  tasks: HeldTasks;
  clock: Clock;
  log: Log;
  /** Aborts when the worker ends. */
  signal: AbortSignal;
  /** `up`: true when the master answers. */
  master: { readonly up: boolean; syncAgain(): void };
}

const afterStart = "waits until the master knows what runs on this node after the start";

/** How often it is looked whether something can go on. Only while something waits. */
const lookMs = 250;

export class DependencyHolds {
  readonly #options: DependencyHoldsOptions;
  /** When the engine or the worker started, by Clock.elapsed(). Null when the master knows what runs since then. */
  #startedAt: number | null = null;
  /** True when the whole set was asked for, after the master knew what runs. */
  #asked = false;
  /** Since when the master does not answer, by Clock.elapsed(). Null while it does. */
  #awaySince: number | null = null;
  #cancelLook: CancelTimer | null = null;

  constructor(options: DependencyHoldsOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#cancelLook?.());
  }

  /** Why the task must not be started now; null if it may be. */
  waitsFor(assignment: Assignment | null): string | null {
    if (!assignment?.dependencies) return null;
    const waits = this.#startedAt !== null ? afterStart : assignment.dependencies.waitsFor;
    if (waits === null) return null;
    // The last look may be older than the return of the master: an earlier time without it does not count.
    if (this.#options.master.up) this.#awaySince = null;
    this.#lookLater();
    return this.#isAlone ? null : waits;
  }

  /** All containers were listed: the worker has just started, or the engine is back. */
  started(): void {
    const { tasks } = this.#options;
    if (tasks.isComplete && !tasks.all().some(({ assignment }) => assignment?.dependencies)) return;
    this.#startedAt = this.#options.clock.elapsed();
    this.#asked = false;
    this.#changed();
  }

  /** The whole set of assignments has come from the master, and the runners get it next. `any`: one depends on something. */
  synced(any: boolean): void {
    if (this.#asked || !any) this.#startedAt = null;
  }

  /** True when the master does not answer for so long that tasks start as they can. */
  get #isAlone(): boolean {
    return this.#awaySince !== null && this.#options.clock.elapsed() - this.#awaySince >= limits.dependencyHoldMs;
  }

  #lookLater(): void {
    const { clock, signal } = this.#options;
    if (this.#cancelLook !== null || signal.aborted) return;
    this.#cancelLook = clock.timer(lookMs, () => {
      this.#cancelLook = null;
      if (!signal.aborted) this.#look();
    });
  }

  #look(): void {
    const { clock, master, tasks, log } = this.#options;
    if (master.up) this.#awaySince = null;
    else this.#awaySince ??= clock.elapsed();
    if (this.#startedAt !== null && clock.elapsed() - this.#startedAt >= limits.dependencyHoldMs) {
      log.warn("tasks that depend on others are started, although the master may not know yet what runs here");
      this.#startedAt = null;
    }
    if (this.#startedAt !== null && !this.#asked && master.up && !tasks.all().some(({ isNews }) => isNews)) {
      this.#asked = true;
      master.syncAgain();
    }
    this.#changed();
  }

  /** Each runner asks what it waits for now; who waits has it looked at again. */
  #changed(): void {
    for (const task of this.#options.tasks.all()) task.holdChanged();
  }
}
