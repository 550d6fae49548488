// The spec of a task that was given in its short form, for one container. It does not compile if the schema of the input
// (task-input.ts) and those of the spec (schema.ts) have different fields, or values that do not fit.

import type { DeepReadonly } from "../../lib/readonly.ts";
import { contentFields } from "./content-fields.ts";
import { clearable, optionFields, type PodField, podFields } from "./option-fields.ts";
import {
  type ContainerSpec,
  containerDefaults,
  mainContainer,
  type PackedContainer,
  type PackedSpec,
  specDefaults,
  type TaskSpec,
} from "./spec.ts";
import type { ParsedContainerInput, ParsedInitInput, ParsedTaskInput } from "./task-input.ts";

/** All that are given by the input itself: `cleared` follows from it. */
type ContainerField = Exclude<keyof ContainerSpec, "name" | "cleared" | PodField>;
type TaskField = Exclude<keyof TaskSpec, "containers" | "init">;
type Given<T> = { [Field in keyof T]-?: Exclude<T[Field], undefined> };
type SpecFields = Given<Pick<ContainerSpec, ContainerField> & Pick<TaskSpec, TaskField>>;
type InputFields = Given<Omit<ParsedTaskInput, "name" | "containers" | "initContainers">>;
/** One of several containers: its network is that of the task. */
type SeveralFields = Given<Omit<ParsedContainerInput, "name">> & { network: ContainerSpec["network"] };

/** `Value`, which must fit `Type`: it has every field of it, at every depth. */
type Fits<Type, Value extends Type> = Value;

/** The fields of input and spec. What is missing in one of them, the compiler names here. */
type Field = keyof Fits<SpecFields, DeepReadonly<InputFields>> & keyof Fits<DeepReadonly<InputFields>, SpecFields>;
type FieldOfSeveral = keyof Fits<Given<Omit<ContainerSpec, "name" | "cleared">>, DeepReadonly<Given<SeveralFields>>>;

const specKeys = [...Object.keys(specDefaults).filter((key) => key !== "init"), "placement", "priority"] as (TaskField &
  Field)[];
const containerKeys = [
  "image",
  ...Object.keys(containerDefaults).filter((key) => key !== "name"),
  ...optionFields,
  ...contentFields,
] as (ContainerField & Field)[];
const keysOfSeveral = ["name", ...containerKeys, ...podFields] as (FieldOfSeveral | "name")[];

type ContainerInput = ParsedTaskInput | ParsedContainerInput | ParsedInitInput;

/** What the input leaves out is left out here, and so has the shared default. */
export function specOfInput(input: ParsedTaskInput): PackedSpec {
  const { containers: several, initContainers: init } = input;
  const spec: { -readonly [Key in keyof PackedSpec]?: PackedSpec[Key] } = given(input, specKeys);
  spec.containers = several
    ? several.map((one) => containerOf(one, keysOfSeveral))
    : [containerOf(input, containerKeys)];
  if (init && init.length > 0) spec.init = init.map((one) => containerOf(one, keysOfSeveral));
  if (several) settleSeveral(spec as Writable<PackedSpec>, input.network);
  return spec as PackedSpec;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The network of the task is that of its first container. The restart policy of an only container is that of the task. */
function settleSeveral(spec: Writable<PackedSpec>, network: PackedContainer["network"]): void {
  const [first, ...others] = spec.containers;
  if (first === undefined) return;
  const { restartPolicy, ...rest } = first;
  const isOnly = others.length === 0 && spec.init === undefined;
  if (isOnly && restartPolicy) spec.restartPolicy = restartPolicy;
  spec.containers = [{ ...(isOnly ? rest : first), ...(network ? { network } : {}) }, ...others];
}

function containerOf(input: ContainerInput, keys: readonly string[]): PackedContainer {
  const container: Record<string, unknown> = given(input, keys);
  const cleared = clearable.filter((field) => input[field]?.length === 0);
  if (cleared.length > 0) container.cleared = cleared;
  return container as unknown as PackedContainer;
}

type Input = Omit<PackedContainer, "name" | "cleared" | "image"> & { readonly image?: string } & Omit<
    PackedSpec,
    "containers" | "init"
  >;
/** What a template of several has in the place of `image` and the like. */
export interface SeveralInput {
  readonly containers?: readonly object[];
  readonly initContainers?: readonly object[];
}

/** The inverse: what an input would say for this template. */
export function inputOfSpec({ containers, init, ...spec }: PackedSpec): Input & SeveralInput {
  const initContainers = init && init.length > 0 ? { initContainers: init.map(inputOfContainer) } : {};
  const [only, ...others] = containers;
  const isNamed = only?.name !== undefined && only.name !== mainContainer;
  if (only && others.length === 0 && !isNamed) {
    const { name: _, ...container } = inputOfContainer(only);
    return { ...(container as Input), ...spec, ...initContainers };
  }
  const network = only?.network;
  const several = containers.map((one) => {
    const { network: _, ...container } = inputOfContainer(one);
    return { ...container, name: one.name ?? mainContainer };
  });
  return { ...spec, ...(network ? { network } : {}), containers: several, ...initContainers };
}

function inputOfContainer({ cleared = [], ...container }: PackedContainer): Omit<PackedContainer, "cleared"> {
  return { ...container, ...Object.fromEntries(cleared.map((field) => [field, []])) };
}

function given(input: object, keys: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of keys) {
    const value = (input as Record<string, unknown>)[key];
    if (value !== undefined) fields[key] = value;
  }
  return fields;
}
