// Values that many records have in common (the `sharedField` of their kind), in text: the text has each value once, and the
// records hold its number. Batches and snapshots are written this way.

import { assert } from "../../lib/assert.ts";

/** Numbers values in the order in which they come, from 0. Two are the same value if they are the same object. */
export class SharedNumbers {
  readonly #numbers = new Map<object, number>();

  get count(): number {
    return this.#numbers.size;
  }

  /** By number. */
  get values(): object[] {
    return [...this.#numbers.keys()];
  }

  /** A copy of the packed record that holds the number of its shared value. */
  numbered(record: object, field: string): object {
    const value = (record as Record<string, object>)[field]!;
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(value, number);
    }
    return { ...record, [field]: number };
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
