// Reads bodies as clients of other languages write them. A field with null is left out, unless null is one of its values: many
// encoders write null for what was not set. A word of a fixed list may have any case, and "-" may be missing: TCP, OnFailure.

import type { z } from "zod";
import { isObject } from "../../lib/is-object.ts";

type Schema = z.core.$ZodType;

/** The parts of zod's schema definitions that are read here. */
interface Definition {
  type: string;
  shape?: Record<string, Schema>;
  innerType?: Schema;
  element?: Schema;
  valueType?: Schema;
  in?: Schema;
  options?: readonly Schema[];
  entries?: Record<string, string>;
  values?: readonly unknown[];
}

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** The value as the schema has it. What does not fit the schema stays as it is: the schema refuses it. */
export function asMeant(schema: Schema, value: unknown): unknown {
  const { type, shape, innerType, element, valueType, options, entries, values, in: input } = definitionOf(schema);
  if (typeof value === "string") {
    if (type === "enum" && entries) return wordOf(Object.values(entries), value);
    if (type === "literal" && values) return wordOf(values, value);
  }
  if (shape) return isObject(value) ? fieldsAsMeant(shape, value) : value;
  if (element) return Array.isArray(value) ? value.map((item) => asMeant(element, item)) : value;
  if (valueType) return isObject(value) ? mapValues(value, (item) => asMeant(valueType, item)) : value;
  if (options) return options.reduce((at: unknown, option) => asMeant(option, at), value);
  const inner = innerType ?? input;
  return inner ? asMeant(inner, value) : value;
}

function fieldsAsMeant(shape: Record<string, Schema>, value: Record<string, unknown>): Record<string, unknown> {
  const fields: [string, unknown][] = [];
  for (const [key, given] of Object.entries(value)) {
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (given === null && field && mayBeAbsent(field) && !acceptsNull(field)) continue;
    fields.push([key, field ? asMeant(field, given) : given]);
  }
  return Object.fromEntries(fields);
}

function wordOf(words: readonly unknown[], text: string): unknown {
  if (words.includes(text)) return text;
  return words.find((word) => typeof word === "string" && plain(word) === plain(text)) ?? text;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, "");
}

function mayBeAbsent(schema: Schema): boolean {
  const { type, innerType, in: input } = definitionOf(schema);
  if (type === "optional" || type === "default") return true;
  const inner = innerType ?? input;
  return inner !== undefined && mayBeAbsent(inner);
}

function acceptsNull(schema: Schema): boolean {
  const { type, innerType, in: input, options } = definitionOf(schema);
  if (type === "nullable" || type === "null") return true;
  if (options) return options.some(acceptsNull);
  const inner = innerType ?? input;
  return inner !== undefined && acceptsNull(inner);
}

function mapValues(value: Record<string, unknown>, change: (item: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}
