// The spec of a task that was given in its short form, for one container. It does not compile if the schema of the input
// (task-input.ts) and those of the spec (schema.ts) have different fields, or values that do not fit.

import type { DeepReadonly } from "../../lib/readonly.ts";
import { clearable, optionFields } from "./option-fields.ts";
import {
  type ContainerSpec,
  containerDefaults,
  type PackedContainer,
  type PackedSpec,
  specDefaults,
  type TaskSpec,
} from "./spec.ts";
import type { ParsedTaskInput } from "./task-input.ts";

/** All that are given by the input itself: `cleared` follows from it. */
type ContainerField = Exclude<keyof ContainerSpec, "name" | "cleared">;
type TaskField = Exclude<keyof TaskSpec, "containers" | "init">;
type Given<T> = { [Field in keyof T]-?: Exclude<T[Field], undefined> };
type SpecFields = Given<Pick<ContainerSpec, ContainerField> & Pick<TaskSpec, TaskField>>;
type InputFields = Given<Omit<ParsedTaskInput, "name">>;

/** `Value`, which must fit `Type`: it has every field of it, at every depth. */
type Fits<Type, Value extends Type> = Value;

/** The fields of input and spec. What is missing in one of them, the compiler names here. */
type Field = keyof Fits<SpecFields, DeepReadonly<InputFields>> & keyof Fits<DeepReadonly<InputFields>, SpecFields>;

const specKeys = Object.keys(specDefaults).filter((key) => key !== "init") as (TaskField & Field)[];
const containerKeys = [
  "image",
  ...Object.keys(containerDefaults).filter((key) => key !== "name"),
  ...optionFields,
] as (ContainerField & Field)[];

/** What the input leaves out is left out here, and so has the shared default. */
export function specOfInput(input: ParsedTaskInput): PackedSpec {
  const container: Partial<PackedContainer> & { cleared?: (typeof clearable)[number][] } = given(input, containerKeys);
  const cleared = clearable.filter((field) => input[field]?.length === 0);
  if (cleared.length > 0) container.cleared = cleared;
  const spec: Partial<PackedSpec> & { containers?: PackedContainer[] } = given(input, specKeys);
  spec.containers = [container as PackedContainer];
  return spec as PackedSpec;
}

/** The inverse: what an input would say for this template. A template of several containers has no such form. */
export function inputOfSpec({
  containers,
  init: _,
  ...spec
}: PackedSpec): Omit<PackedContainer, "name" | "cleared"> & Omit<PackedSpec, "containers" | "init"> {
  const { name: __, cleared = [], ...container } = containers[0]!;
  return { ...container, ...spec, ...Object.fromEntries(cleared.map((field) => [field, []])) };
}

function given<K extends Field>(input: ParsedTaskInput, keys: readonly K[]): Partial<Pick<InputFields, K>> {
  const fields: { [Key in K]?: ParsedTaskInput[Key] } = {};
  for (const key of keys) if (input[key] !== undefined) fields[key] = input[key];
  return fields as Partial<Pick<InputFields, K>>;
}
