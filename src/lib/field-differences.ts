// The fields in which two JSON values differ, by path: `ports[0].hostPort`.

import { isObject } from "./is-object.ts";
import { same } from "./same.ts";

export interface FieldDifference {
  path: string;
  /** Undefined: there is no such field. */
  before: unknown;
  after: unknown;
}

/** In the order of the fields of `before`, then those that only `after` has. Lists are compared item by item if equally long. */
export function fieldDifferences(before: unknown, after: unknown, path = ""): FieldDifference[] {
  if (same(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && before.some(isObject))
    return before.flatMap((one, at) => fieldDifferences(one, after[at], `${path}[${at}]`));
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    fieldDifferences(before[name], after[name], path === "" ? name : `${path}.${name}`),
  );
}
