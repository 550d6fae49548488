// What has changed in a record, a line for each field: "timezone: UTC -> Europe/Berlin".

import { isObject } from "../../lib/is-object.ts";
import { same } from "../../lib/same.ts";

/** `isCompared`: which fields of the record are. Lists of the same length are compared one by one. */
export function changedFields(
  before: object,
  after: object,
  isCompared: (name: string) => boolean = () => true,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(isCompared);
  return names.flatMap((name) => changed(name, field(before, name), field(after, name)));
}

function field(record: object, name: string): unknown {
  return (record as Record<string, unknown>)[name];
}

function changed(path: string, before: unknown, after: unknown): string[] {
  if (same(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && before.some(isObject))
    return before.flatMap((one, at) => changed(`${path}[${at}]`, one, after[at]));
  if (isObject(before) && isObject(after)) return changedFields(before, after).map((line) => `${path}.${line}`);
  return [`${path}: ${textOf(before)} -> ${textOf(after)}`];
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || value === "") return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
