// A wait that can be cut short, for a loop that waits again and again. It is made once and makes nothing anew each time:
// an AbortController a wait costs several times as much as all the rest of a heartbeat.

import type { CancelTimer, Clock } from "./clock.ts";

export class Alarm {
  readonly #clock: Clock;
  #wake: (() => void) | null = null;
  #cancel: CancelTimer = () => {};
  /** Rung while nobody waited: the next wait is none. */
  #rung = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, or when it rings. One waits at a time. */
  wait(delayMs: number): Promise<void> {
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#cancel = this.#clock.timer(delayMs, () => this.#end());
    });
  }

  /** Ends the wait that is on, or the next one before it begins. */
  ring(): void {
    if (this.#wake) this.#end();
    else this.#rung = true;
  }

  #end(): void {
    const wake = this.#wake;
    this.#cancel();
    this.#wake = null;
    wake?.();
  }
}
