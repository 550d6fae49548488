// A part of the answer of an engine. Nothing in it is taken for granted: what is missing is undefined.

import { isObject } from "../../lib/is-object.ts";

export class Part {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  at(...keys: string[]): Part {
    let { value } = this;
    for (const key of keys) value = isObject(value) ? (value as Record<string, unknown>)[key] : undefined;
    return new Part(value);
  }

  items(): Part[] {
    return Array.isArray(this.value) ? this.value.map((item) => new Part(item)) : [];
  }

  get text(): string | undefined {
    return typeof this.value === "string" && this.value !== "" ? this.value : undefined;
  }

  get number(): number | undefined {
    return typeof this.value === "number" ? this.value : undefined;
  }

  get flag(): true | undefined {
    return this.value === true ? true : undefined;
  }

  get texts(): string[] | undefined {
    const texts = this.items().flatMap(({ text }) => text ?? []);
    return texts.length === 0 ? undefined : texts;
  }

  get record(): Record<string, string> | undefined {
    const entries = isObject(this.value) ? Object.entries(this.value) : [];
    return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([key, one]) => [key, String(one)]));
  }

  /** From nanoseconds. */
  get duration(): string | undefined {
    return this.number === undefined ? undefined : `${Math.round(this.number / 1e6)}ms`.replace(/000ms$/, "s");
  }
}
