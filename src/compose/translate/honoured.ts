// The document without the keys that Podling ignores or refuses, and without their values: what is left out here can reach no input.

import { isObject } from "../../lib/is-object.ts";
import { rowAt, supportOf } from "../keys/key-lookup.ts";
import type { Path } from "../tree/tree.ts";

export function honouredPart(value: unknown, path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => honouredPart(item, [...path, index]));
  if (!isObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, below] of Object.entries(value)) {
    const at = [...path, key];
    const row = rowAt(at);
    const says = row === null ? "honoured" : supportOf(row, below).says;
    if (says === "honoured" || says === "changed") kept[key] = key.startsWith("x-") ? below : honouredPart(below, at);
  }
  return kept;
}
