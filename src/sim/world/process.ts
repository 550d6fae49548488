// One run of one program on a simulated machine: its clock, its random source, and the one way in for everything that
// reaches it. After kill() nothing gets in, and whatever it was doing never goes on. While it is paused, arrivals wait.

import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { type Log, lineLog, silentLog } from "../../lib/log.ts";
import type { Random } from "../../lib/random.ts";
import type { EventOwner, SimulatedEvent } from "./event-queue.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

export class Process implements EventOwner {
  readonly world: World;
  readonly host: Host;
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  alive = true;
  #paused = false;
  /** Work that came while it was paused: due timers, then arrivals, in the order in which an event loop takes them. */
  #dueTimers: (() => void)[] = [];
  #arrivals: (() => void)[] = [];
  /** Called when it ends, in order. */
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

  /** True while it runs: what arrives for it need not wait, and is not dropped. */
  get runs(): boolean {
    return this.alive && !this.#paused;
  }

  /** Runs work that comes from outside (an answer, a request, an event). Dropped after its end, kept while it is paused. */
  enter(work: () => void): void {
    this.#enter(work, this.#arrivals);
  }

  postpone(event: SimulatedEvent): void {
    // It may be cancelled by work that runs before it after the pause.
    if (this.alive) this.#dueTimers.push(() => event.fire?.());
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
    this.#dueTimers = [];
    this.#arrivals = [];
    for (const notify of this.onEnd.splice(0)) notify();
  }

  #enter(work: () => void, queue: (() => void)[]): void {
    if (!this.alive) return;
    if (this.#paused) queue.push(work);
    else work();
  }

  #timer(delayMs: number, fire: () => void): CancelTimer {
    if (!this.alive) return () => {};
    const event = this.world.after(delayMs, fire, this);
    return () => {
      event.fire = null;
    };
  }
}
