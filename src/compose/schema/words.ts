// The words for types and values in messages about a compose file.

import { isObject } from "../../lib/is-object.ts";

const longest = 40;

/** "a, b or c". */
export function orList(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1)}`;
}

const words: Record<string, string> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys and values",
  null: "no value",
};

/**
 * The types of a schema in words. The schema allows a string beside every true or false, for variables: people are not
 * advised to write one.
 */
export function typesText(types: readonly string[]): string[] {
  const isSwitch = types.includes("boolean") && types.every((type) => ["boolean", "string"].includes(type));
  const kept = types.filter((type) => !(isSwitch && type === "string") && !(type === "null" && types.length > 1));
  const sorted = kept.filter((type) => !(type === "integer" && kept.includes("number")));
  return sorted.map((type) => words[type] ?? type);
}

/** A value as the message names it. */
export function foundText(value: unknown): string {
  if (value === null || value === undefined) return "nothing: give the key a value, or take it out";
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "a mapping" : shown(value);
}

/** The value itself, cut if it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
