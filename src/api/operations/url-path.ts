// The path and query of a request to an operation, as a client writes them.

import type { Operation } from "./operation.ts";

export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** "/api/v1/tasks/web/logs?tail=10". A query parameter without a value is left out. */
export function urlPath(
  { path }: Operation,
  parameters: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, QueryValue>> = {},
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name] ?? "")));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(key, String(one));
  }
  const text = search.toString();
  return text === "" ? filled : `${filled}?${text}`;
}
