// Work that takes long is done one piece a turn of the event loop: whoever asks for something small is answered in
// between, however many ask for something large.

import type { Clock } from "../../lib/clock.ts";

export class Turns {
  readonly #clock: Clock;
  readonly #line: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is its turn, in the order of asking. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#line.push(resolve);
      if (this.#line.length === 1) this.#clock.soon(() => this.#next());
    });
  }

  #next(): void {
    this.#line.shift()!();
    if (this.#line.length > 0) this.#clock.soon(() => this.#next());
  }
}
