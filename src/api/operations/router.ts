// Finds the operation for a method and a path. With one parameter at most in a path, and two dozen operations, a map
// and a short list are all it takes.

import { type Operation, type OperationId, operations } from "./operations.ts";

export type Match =
  | { found: true; id: OperationId; parameter: string }
  /** The methods that the path takes; empty: there is no such path. */
  | { found: false; allowed: string[] };

interface Pattern {
  id: OperationId;
  before: string;
  after: string;
}

const fixed = new Map<string, OperationId>();
const patterns = new Map<string, Pattern[]>();
for (const [id, { method, path }] of Object.entries(operations) as [OperationId, Operation][]) {
  const [before = "", after] = path.split("{id}");
  if (after === undefined) fixed.set(`${method} ${path}`, id);
  else patterns.set(method, [...(patterns.get(method) ?? []), { id, before, after }]);
}
const methods = ["GET", "POST", "PUT", "DELETE"];

export function route(method: string, path: string): Match {
  return find(method, path) ?? { found: false, allowed: methods.filter((other) => find(other, path) !== null) };
}

function find(method: string, path: string): Extract<Match, { found: true }> | null {
  const id = fixed.get(`${method} ${path}`);
  if (id) return { found: true, id, parameter: "" };
  for (const pattern of patterns.get(method) ?? []) {
    const parameter = parameterOf(path, pattern);
    if (parameter !== null) return { found: true, id: pattern.id, parameter };
  }
  return null;
}

function parameterOf(path: string, { before, after }: Pattern): string | null {
  const end = path.length - after.length;
  if (end <= before.length || !path.startsWith(before) || !path.endsWith(after)) return null;
  const text = path.slice(before.length, end);
  if (text.includes("/")) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not well escaped: then no record has that name either
  }
}
