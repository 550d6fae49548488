// Finds the operation of a table for a method and a path: a map for the paths without parameters, and a short list of
// patterns for the others. HEAD finds the operation of GET.

import type { Method, Table } from "./operation.ts";

export type Match<Id extends string> =
  | { found: true; id: Id; parameters: Readonly<Record<string, string>> }
  /** The methods that the path takes; empty if there is no such path. */
  | { found: false; allowed: string[] };

export type Router<Id extends string> = (method: string, path: string) => Match<Id>;

/** `/tasks/{id}/logs` is the texts "/tasks/" and "/logs" around the parameter "id". */
interface Pattern<Id> {
  id: Id;
  texts: string[];
  names: string[];
}

const methods: readonly Method[] = ["GET", "POST", "PUT", "DELETE"];
const noParameters = Object.freeze({});

export function createRouter<T extends Table>(table: T): Router<keyof T & string> {
  type Id = keyof T & string;
  const fixed = new Map<string, Id>();
  const patterns = new Map<string, Pattern<Id>[]>(methods.map((method) => [method, []]));
  for (const [id, { method, path }] of Object.entries(table)) {
    const parts = path.split(/[{}]/);
    const texts = parts.filter((_, index) => index % 2 === 0);
    const names = parts.filter((_, index) => index % 2 === 1);
    if (names.length === 0) fixed.set(`${method} ${path}`, id);
    else patterns.get(method)!.push({ id, texts, names });
  }

  const find = (method: string, path: string): Extract<Match<Id>, { found: true }> | null => {
    const id = fixed.get(`${method} ${path}`);
    if (id) return { found: true, id, parameters: noParameters };
    for (const pattern of patterns.get(method) ?? []) {
      const parameters = parametersOf(path, pattern);
      if (parameters) return { found: true, id: pattern.id, parameters };
    }
    return null;
  };
  return (method, path) =>
    find(method === "HEAD" ? "GET" : method, path) ?? {
      found: false,
      allowed: methods.filter((other) => find(other, path) !== null),
    };
}

/** Null if the path does not match the pattern. A parameter is one segment, and not empty. */
function parametersOf(path: string, { texts, names }: Pattern<string>): Record<string, string> | null {
  if (!path.startsWith(texts[0]!)) return null;
  const parameters: Record<string, string> = {};
  let at = texts[0]!.length;
  for (const [index, name] of names.entries()) {
    const slash = path.indexOf("/", at);
    const end = slash < 0 ? path.length : slash;
    const text = texts[index + 1]!;
    if (end === at || !path.startsWith(text, end)) return null;
    parameters[name] = decoded(path.slice(at, end));
    at = end + text.length;
  }
  return at === path.length ? parameters : null;
}

function decoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not well escaped: no record has that name either
  }
}
