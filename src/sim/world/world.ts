// The clock and event queue of the simulation. Events run one after the other, by time and then by the order in which they
// were added. Between two events all promises that can go on do so, so that nothing depends on the speed of the machine.

import { drainMicrotasks } from "bun:jsc";
import { type Random, seededRandom } from "../../lib/random.ts";
import { type EventOwner, EventQueue, type SimulatedEvent } from "./event-queue.ts";

/** Turns of the event loop without time passing: a program that takes more of them polls for something. */
const mostTurns = 10_000;

/** Mixes numbers into 32 bits: two runs that differ anywhere end with different ones. */
function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

export class World {
  readonly seed: number;
  /** ms since the world began. */
  now = 0;
  /** Events that have run. */
  events = 0;
  readonly #queue = new EventQueue();
  #soon: (() => void)[] = [];
  #order = 0;
  #halted = false;
  #hash: number;
  readonly #trace: ((line: string) => void) | null;

  /** `trace` gets a line for each thing of interest to a reader. */
  constructor(seed: number, trace: ((line: string) => void) | null = null) {
    this.seed = seed >>> 0;
    this.#hash = this.seed;
    this.#trace = trace;
  }

  /** Depends on every event so far: the same seed and the same code give the same hash. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  get tracing(): boolean {
    return this.#trace !== null;
  }

  /** A random source of its own for each purpose, so that one more draw for one purpose changes nothing for another. */
  random(purpose: string): Random {
    let state = this.seed;
    for (let i = 0; i < purpose.length; i++) state = mix(state, purpose.charCodeAt(i));
    return seededRandom(state);
  }

  /** Adds a line to the trace and to the hash. */
  note(line: string): void {
    let hash = this.#hash;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#hash = hash >>> 0;
    this.#trace?.(`${(this.now / 1000).toFixed(3).padStart(10)} ${line}\n`);
  }

  /** Adds a line to the trace alone: for lines that would cost too much in the hash. */
  remark(line: () => string): void {
    this.#trace?.(`${(this.now / 1000).toFixed(3).padStart(10)} ${line()}\n`);
  }

  /** Calls `fire` in `delayMs`, unless `fire` of the event is set to null before. */
  after(delayMs: number, fire: () => void, owner: EventOwner | null = null): SimulatedEvent {
    const event: SimulatedEvent = {
      at: delayMs > 0 ? this.now + delayMs : this.now,
      order: this.#order++,
      fire,
      owner,
    };
    this.#queue.push(event);
    return event;
  }

  /** Calls `fire` as soon as all promises that can go on have done so. */
  soon(fire: () => void): void {
    this.#soon.push(fire);
  }

  /** Runs no more events. */
  halt(): void {
    this.#halted = true;
  }

  /** Runs the events that are due until then, at most `most`. False if some of them are left. */
  run(until: number, most: number): boolean {
    for (let done = 0; done < most && !this.#halted; done++) {
      const next = this.#queue.first;
      if (!next || next.at > until) {
        this.now = until;
        return true;
      }
      this.#queue.pop();
      if (next.fire === null) continue;
      this.now = next.at;
      this.events++;
      this.#hash = mix(this.#hash, (next.order ^ (next.at * 1000)) | 0);
      if (next.owner === null || next.owner.runs) next.fire();
      else next.owner.postpone(next);
      this.#finishTurn();
    }
    return false;
  }

  #finishTurn(): void {
    drainMicrotasks();
    if (this.#soon.length === 0) return;
    for (let turns = 0; this.#soon.length > 0; turns++) {
      if (turns === mostTurns) throw new Error(`a program polls: ${mostTurns} turns at the same time`);
      const batch = this.#soon;
      this.#soon = [];
      for (const fire of batch) {
        fire();
        drainMicrotasks();
      }
    }
  }
}
