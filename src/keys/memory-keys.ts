// A key in memory, for masters whose secrets need not outlive them: tests and the simulation.

import { keyBytes, nonceBytes } from "../lib/sealed.ts";
import type { FoundKey, Keys } from "./keys.ts";

export class MemoryKeys implements Keys {
  readonly #draw: (bytes: number) => Uint8Array;
  #key: Uint8Array | null = null;
  /** True while the key cannot be had. */
  isAway = false;

  constructor(draw: (bytes: number) => Uint8Array) {
    this.#draw = draw;
  }

  /** Also while it cannot be had. */
  get all(): readonly Uint8Array[] {
    return this.#key === null ? [] : [this.#key];
  }

  find(): FoundKey {
    if (this.isAway || this.#key === null) return { problem: "the key is missing", isMissing: true };
    return { key: this.#key, place: "memory" };
  }

  findOrMake(): FoundKey {
    if (!this.isAway) this.#key ??= this.#draw(keyBytes);
    return this.find();
  }

  nonce(): Uint8Array {
    return this.#draw(nonceBytes);
  }
}
