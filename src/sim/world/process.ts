// One life of one program on a simulated machine: its clock, its chance, and the door through which everything reaches
// it. Killed, nothing gets in any more: what it was doing never goes on. Paused, what comes waits.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { type Log, lineLog, silentLog } from "../../lib/log.ts";
import type { Random } from "../../lib/random.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

interface Timer {
  cancel: () => void;
}

export class Process {
  readonly world: World;
  readonly host: Host;
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  alive = true;
  #paused = false;
  readonly #timers = new Set<Timer>();
  /** What came while it was paused: timers that were due, then arrivals, as an event loop takes them. */
  #dueTimers: (() => void)[] = [];
  #arrivals: (() => void)[] = [];
  /** Told of its end, in order. */
  readonly onEnd: (() => void)[] = [];

  constructor(world: World, host: Host, name: string) {
    this.world = world;
    this.host = host;
    this.name = `${host.name}/${name}#${++host.lives}`;
    this.random = world.random(this.name);
    this.clock = {
      now: () => Math.floor(host.wallMs()),
      elapsed: () => world.now,
      timer: (delayMs, fire) => this.#timer(delayMs, fire),
      soon: (fire) => world.soon(() => this.#enter(fire, this.#arrivals)),
    };
    this.log = world.tracing
      ? lineLog(this.name, this.clock, (line) => world.remark(() => line.slice(25).trimEnd()))
      : silentLog;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Something from outside: an answer, a request, an event. Dropped when it is dead, kept while it is paused. */
  enter(work: () => void): void {
    this.#enter(work, this.#arrivals);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const waiting = [...this.#dueTimers, ...this.#arrivals];
    this.#dueTimers = [];
    this.#arrivals = [];
    for (const work of waiting) this.world.soon(() => this.#enter(work, this.#arrivals));
  }

  /** kill -9: no timer fires, no answer arrives. */
  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#dueTimers = [];
    this.#arrivals = [];
    for (const tell of this.onEnd.splice(0)) tell();
  }

  #enter(work: () => void, queue: (() => void)[]): void {
    if (!this.alive) return;
    if (this.#paused) queue.push(work);
    else work();
  }

  #timer(delayMs: number, fire: () => void): CancelTimer {
    if (!this.alive) return () => {};
    let cancelled = false;
    const timer: Timer = {
      cancel: this.world.after(delayMs, () => {
        this.#timers.delete(timer);
        this.#enter(() => {
          if (!cancelled) fire();
        }, this.#dueTimers);
      }),
    };
    this.#timers.add(timer);
    return () => {
      cancelled = true;
      timer.cancel();
      this.#timers.delete(timer);
    };
  }
}
