// Compares values as JSON says them. The order of the fields of an object says nothing, as that of its variables.

import { isObject } from "./is-object.ts";

export function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left, withSortedFields) === JSON.stringify(right, withSortedFields);
}

function withSortedFields(_: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
