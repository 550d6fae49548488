// The spec of a task that was given in its short form, for one container.

import { containerDefaults, type PackedContainer, type PackedSpec, specDefaults } from "./spec.ts";
import type { ParsedTaskInput } from "./task-input.ts";

type Key = keyof ParsedTaskInput;

const specKeys = Object.keys(specDefaults).filter((key) => key !== "init") as Key[];
const containerKeys = ["image", ...Object.keys(containerDefaults).filter((key) => key !== "name")] as Key[];

/** What the input leaves out is left out here, and so has the shared default. */
export function specOfInput(input: ParsedTaskInput): PackedSpec {
  const container = given(input, containerKeys) as unknown as PackedContainer;
  const spec = given(input, specKeys) as { containers?: PackedContainer[] };
  spec.containers = [container];
  return spec as PackedSpec;
}

function given(input: ParsedTaskInput, keys: readonly Key[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of keys) if (input[key] !== undefined) fields[key] = input[key];
  return fields;
}
