// Values that many records have in common, in text: the text has each value once, and the records hold its number. Batches
// (the `sharedField` of a kind) and snapshots (its `chunkForm`) are written this way.

import { assert } from "../../lib/assert.ts";
import type { Numbers } from "./kind.ts";

/** Numbers values in the order in which they come, from 0. Two are the same value if they are the same object or text. */
export class SharedNumbers implements Numbers {
  readonly #numbers = new Map<object | string, number>();
  readonly #values: (object | string)[] = [];

  get count(): number {
    return this.#values.length;
  }

  /** By number. */
  get values(): readonly (object | string)[] {
    return this.#values;
  }

  numberOf(value: object | string, as = value): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#values.push(as) - 1;
      this.#numbers.set(value, number);
    }
    return number;
  }

  /** A copy of the packed record that holds the number of its shared value. */
  numbered(record: object, field: string): object {
    return { ...record, [field]: this.numberOf((record as Record<string, object>)[field]!) };
  }
}

/** Puts the value in the place of its number. Throws an InvariantError with the sentence of `missing` if there is none. */
export function fillInShared(
  record: object,
  field: string,
  shared: readonly object[],
  missing: (number: unknown) => string,
): void {
  const fields = record as Record<string, unknown>;
  const value = shared[fields[field] as number];
  if (!value) assert(false, missing(fields[field]));
  fields[field] = value;
}
