// A wait that can be ended early, for a loop that waits repeatedly. One object serves all waits: an AbortController for
// each would cost several times as much as the rest of a heartbeat.

import type { CancelTimer, Clock } from "./clock.ts";

export class Alarm {
  readonly #clock: Clock;
  #wake: (() => void) | null = null;
  #cancel: CancelTimer = () => {};
  /** True when it rang between two waits: the next wait ends at once. */
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

  /** Ends the current wait, or the next one as soon as it begins. */
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
