// The spec of a task that was given in its short form, for one container.

import type { PackedContainer, PackedSpec } from "./spec.ts";
import type { ParsedTaskInput } from "./task-input.ts";

/** What the input leaves out is left out here, and so has the shared default. */
export function specOfInput(input: ParsedTaskInput): PackedSpec {
  const { labels, restartPolicy, constraints, stopGraceSeconds, platform, name: _, ...container } = input;
  const spec = { labels, restartPolicy, constraints, stopGraceSeconds, platform };
  return { ...withoutUndefined(spec), containers: [withoutUndefined(container) as PackedContainer] };
}

function withoutUndefined<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const defined: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) defined[key] = value;
  return defined as never;
}
