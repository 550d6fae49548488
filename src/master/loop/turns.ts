// Runs expensive requests one per event-loop turn, so that cheap requests are served between them.

import type { Clock } from "../../lib/clock.ts";

export class Turns {
  readonly #clock: Clock;
  readonly #line: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the caller may run, in the order of the calls. */
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
