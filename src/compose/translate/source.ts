// A value of the resolved document with its path. Reads the forms that compose allows for one thing: 5 and "5", true and "true".

import { isObject } from "../../lib/is-object.ts";
import { parseDuration, parseMemory } from "../../model/quantity.ts";
import type { Path } from "../tree/tree.ts";

export class Source {
  readonly value: unknown;
  readonly path: Path;

  constructor(value: unknown, path: Path) {
    this.value = value;
    this.path = path;
  }

  /** The value below this one; one without a value if there is none. */
  at(...keys: readonly (string | number)[]): Source {
    let value = this.value;
    for (const key of keys) value = isObject(value) || Array.isArray(value) ? (value as never)[key] : undefined;
    return new Source(value, [...this.path, ...keys]);
  }

  /** Another value at the same place. */
  with(value: unknown): Source {
    return new Source(value, this.path);
  }

  /** False for a key that is left out, or has no value. */
  get isGiven(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  items(): Source[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : [];
  }

  entries(): [string, Source][] {
    return isObject(this.value) ? Object.keys(this.value).map((key) => [key, this.at(key)]) : [];
  }

  /** Numbers and truth values as text. */
  get text(): string | undefined {
    const { value } = this;
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined;
  }

  /** A number for a text that is one; any other value as it is, for the check of the input. */
  get number(): unknown {
    const { value } = this;
    return typeof value === "string" && /^[-+]?[0-9]+(\.[0-9]+)?$/.test(value) ? Number(value) : this.orUndefined;
  }

  get flag(): unknown {
    const { value } = this;
    return value === "true" || value === "false" ? value === "true" : this.orUndefined;
  }

  /** In ms; a text that is no duration as it is. */
  get duration(): unknown {
    return this.text === undefined ? this.orUndefined : (parseDuration(this.text) ?? this.value);
  }

  /** In bytes; a text that is no amount as it is. */
  get bytes(): unknown {
    return this.text === undefined ? this.orUndefined : (parseMemory(this.text) ?? this.value);
  }

  /** Undefined if it is empty. */
  get texts(): unknown[] | undefined {
    const items = this.items();
    return items.length === 0 ? undefined : items.map((item) => item.text ?? item.value);
  }

  /** A mapping with its values as text, without those that have none; undefined if it is empty. */
  get record(): Record<string, unknown> | undefined {
    const entries = this.entries().filter(([, one]) => one.isGiven);
    return entries.length === 0
      ? undefined
      : Object.fromEntries(entries.map(([key, one]) => [key, one.text ?? one.value]));
  }

  get orUndefined(): unknown {
    return this.value ?? undefined;
  }
}
