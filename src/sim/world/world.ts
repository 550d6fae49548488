// The time of a simulated world: one queue of events in a fixed order, run one after the other. Between two events all
// promises that can go on have gone on, so that nothing depends on the speed of the machine. It knows no cluster.

import { drainMicrotasks } from "bun:jsc";
import { type Random, seededRandom } from "../../lib/random.ts";

interface Event {
  at: number;
  /** Tells apart what is due at the same time: first asked, first done. */
  order: number;
  /** Null: cancelled. */
  fire: (() => void) | null;
}

/** Turns of the event loop without time passing: whoever takes more waits for something by asking again and again. */
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
  /** Events done. */
  events = 0;
  readonly #heap: Event[] = [];
  #soon: (() => void)[] = [];
  #order = 0;
  #halted = false;
  #hash: number;
  readonly #trace: ((line: string) => void) | null;

  /** `trace` is given a line for all that matters, to be read by people. */
  constructor(seed: number, trace: ((line: string) => void) | null = null) {
    this.seed = seed >>> 0;
    this.#hash = this.seed;
    this.#trace = trace;
  }

  /** Of everything that happened so far: the same seed and the same code give the same one. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  get tracing(): boolean {
    return this.#trace !== null;
  }

  /** Chance of its own for each purpose, so that a draw more in one place changes nothing in another. */
  random(purpose: string): Random {
    let state = this.seed;
    for (let i = 0; i < purpose.length; i++) state = mix(state, purpose.charCodeAt(i));
    return seededRandom(state);
  }

  /** Part of the hash, and a line of the trace. */
  note(line: string): void {
    let hash = this.#hash;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#hash = hash >>> 0;
    this.#trace?.(`${(this.now / 1000).toFixed(3).padStart(10)} ${line}\n`);
  }

  /** A line of the trace alone: what differs in no run, or costs too much to be part of the hash. */
  remark(line: () => string): void {
    this.#trace?.(`${(this.now / 1000).toFixed(3).padStart(10)} ${line()}\n`);
  }

  /** Calls `fire` in `delayMs`. The answer cancels it. */
  after(delayMs: number, fire: () => void): () => void {
    const event: Event = { at: this.now + Math.max(0, delayMs), order: this.#order++, fire };
    this.#push(event);
    return () => {
      event.fire = null;
    };
  }

  /** Calls `fire` as soon as the promises at hand have gone on. */
  soon(fire: () => void): void {
    this.#soon.push(fire);
  }

  /** Nothing is done any more. */
  halt(): void {
    this.#halted = true;
  }

  /** Runs what is due until then, at most `most` events. False: there is more to do before then. */
  run(until: number, most: number): boolean {
    for (let done = 0; done < most && !this.#halted; done++) {
      const next = this.#heap[0];
      if (!next || next.at > until) {
        this.now = until;
        return true;
      }
      this.#pop();
      if (next.fire === null) continue;
      this.now = next.at;
      this.events++;
      this.#hash = mix(this.#hash, (next.order ^ (next.at * 1000)) | 0);
      next.fire();
      this.#settle();
    }
    return false;
  }

  #settle(): void {
    drainMicrotasks();
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

  // ---- a binary heap by time, then order

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(left: Event, right: Event): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
