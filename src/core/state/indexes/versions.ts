// The versions of each content that are kept, by name.

import type { Index } from "../delta.ts";

interface Versioned {
  readonly name: string;
  readonly version: number;
}

const none: readonly number[] = Object.freeze([]);

export class VersionNumbers<R extends Versioned> implements Index<R> {
  readonly #versions = new Map<string, readonly number[]>();

  /** The oldest first. */
  of(name: string): readonly number[] {
    return this.#versions.get(name) ?? none;
  }

  /** In no order. */
  get names(): IterableIterator<string> {
    return this.#versions.keys();
  }

  moved(before: R | null, after: R | null): void {
    if (before !== null && after !== null) return; // a version never changes
    const { name, version } = (after ?? before)!;
    const others = this.of(name).filter((one) => one !== version);
    const versions = after ? [...others, version].sort((left, right) => left - right) : others;
    if (versions.length === 0) this.#versions.delete(name);
    else this.#versions.set(name, versions);
  }
}
