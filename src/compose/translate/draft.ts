// An input in the making: each of its fields knows from which key of the document it comes, so that what the schema of the input
// refuses is reported at that key.

import { isObject } from "../../lib/is-object.ts";
import type { Path } from "../tree/tree.ts";
import type { Problems } from "./problems.ts";
import type { Source } from "./source.ts";

export class Draft {
  readonly fields: Record<string, unknown> = {};
  readonly #origins = new Map<string, Path>();
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** `field` with dots: "rollout.order". Undefined is no value. A field that is set twice must have the same value. */
  set(field: string, value: unknown, from: Source): void {
    if (value === undefined) return;
    const steps = field.split(".");
    const last = steps.pop()!;
    let fields = this.fields;
    for (const step of steps) {
      fields[step] ??= {};
      fields = fields[step] as Record<string, unknown>;
    }
    const other = this.#origins.get(field);
    if (other && JSON.stringify(fields[last]) !== JSON.stringify(value)) {
      const why = "another key says the same with another value";
      this.#problems.error(from.path, why, `Remove it, or ${other.slice(2).join(".")}.`);
      return;
    }
    fields[last] = value;
    this.#origins.set(field, from.path);
  }

  /** Sets a field again. */
  replace(field: string, value: unknown, from: Source): void {
    this.#origins.delete(field);
    this.set(field, value, from);
  }

  /** Adds an item to a list. */
  add(field: string, item: unknown, from: Source): void {
    this.fields[field] ??= [];
    const list = this.fields[field] as unknown[];
    this.#origins.set(`${field}.${list.length}`, from.path);
    list.push(item);
  }

  /**
   * The path in the document that a field comes from; what follows below a known field is the same in both. Of a
   * field that several keys make, the first one.
   */
  originOf(field: Path, otherwise: Path): Path {
    for (let length = field.length; length > 0; length--) {
      const origin = this.#origins.get(field.slice(0, length).join("."));
      if (origin) return [...origin, ...field.slice(length)];
    }
    const above =
      field.length === 0 ? undefined : [...this.#origins].find(([one]) => one.startsWith(`${field.join(".")}.`));
    return above?.[1] ?? otherwise;
  }

  /** The value of a field, for messages. */
  valueAt(field: Path): unknown {
    let value: unknown = this.fields;
    for (const step of field) value = isObject(value) || Array.isArray(value) ? (value as never)[step] : undefined;
    return value;
  }
}
