// The values of the flags that were given, by long name. Reading a flag that the command does not have is a bug.

import { assert } from "../../lib/assert.ts";
import { parseDuration } from "../../model/quantity.ts";
import { UsageError } from "./failure.ts";
import type { Flag } from "./flag.ts";

export class FlagValues {
  readonly #known: Map<string, Flag>;
  readonly #given = new Map<string, string[]>();

  constructor(known: readonly Flag[]) {
    this.#known = new Map(known.map((flag) => [flag.long, flag]));
  }

  add(flag: Flag, value: string): void {
    const values = this.#given.get(flag.long);
    if (values && flag.repeatable) values.push(value);
    else this.#given.set(flag.long, [value]);
  }

  /** True when the flag is on the command line. */
  given(long: string): boolean {
    this.#flag(long);
    return this.#given.has(long);
  }

  /** True when a switch is on. */
  has(long: string): boolean {
    return this.given(long) && this.#given.get(long)![0] !== "false";
  }

  /** The value, or the default. */
  text(long: string): string | undefined {
    return this.#given.get(long)?.[0] ?? this.#flag(long).default;
  }

  /** All values of a repeatable flag, in order. */
  texts(long: string): readonly string[] {
    this.#flag(long);
    return this.#given.get(long) ?? [];
  }

  integer(long: string, min: number, max: number): number | undefined {
    const text = this.text(long);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw this.#wrong(long, `expected a whole number ${range}; got ${JSON.stringify(text)}`);
  }

  durationMs(long: string): number | undefined {
    const text = this.text(long);
    if (text === undefined) return undefined;
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    throw this.#wrong(long, `expected a duration such as 30s, 5m or 24h; got ${JSON.stringify(text)}`);
  }

  #wrong(long: string, why: string): UsageError {
    const { value, description } = this.#flag(long);
    return new UsageError(`--${long}: ${why}`, `Write --${long} ${value}: ${description}.`);
  }

  #flag(long: string): Flag {
    const flag = this.#known.get(long);
    assert(flag, `no flag --${long} in the table of this command`);
    return flag;
  }
}
