// The engine as runners and clean-ups depend on it. Closed at the start of a drain: from then on it counts as away, so that
// nothing is started or removed any more, while the drain itself stops what runs.

import type { EngineWatch } from "./task/runner-context.ts";

/** The connection to the engine. */
interface Engine {
  readonly ready: boolean;
  suspect(): Promise<void>;
}

export class EngineGate implements EngineWatch {
  readonly #engine: Engine;
  #closed = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get ready(): boolean {
    return this.#engine.ready && !this.#closed;
  }

  suspect(): void {
    void this.#engine.suspect();
  }

  close(): void {
    this.#closed = true;
  }
}
