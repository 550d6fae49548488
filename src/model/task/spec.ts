// A task's spec (its template): the types of schema.ts, the shared defaults, and the packed form for the log.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import { limits } from "../limits.ts";
import { type ContentField, contentFields } from "./content-fields.ts";
import { type OptionField, optionFields, type PodField, podFields } from "./option-fields.ts";
import type * as schema from "./schema.ts";

export type PortSpec = DeepReadonly<z.output<typeof schema.portSpec>>;
export type PublishedPort = DeepReadonly<z.output<typeof schema.publishedPort>>;
export type Resources = DeepReadonly<z.output<typeof schema.resources>>;
export type Mount = DeepReadonly<z.output<typeof schema.mount>>;
export type RestartPolicy = DeepReadonly<z.output<typeof schema.restartPolicy>>;
export type Constraint = DeepReadonly<z.output<typeof schema.constraint>>;
export type ContainerSpec = DeepReadonly<z.output<typeof schema.containerSpec>>;
export type TaskSpec = DeepReadonly<z.output<typeof schema.taskSpec>>;
export type PlacementRules = DeepReadonly<z.output<typeof schema.placementRules>>;
export type Dependency = NonNullable<ContainerSpec["dependsOn"]>[string];
export type PullPolicy = ContainerSpec["pullPolicy"];

/** The name of the one container of a task that was given in its short form. */
export const mainContainer = "main";

/** The name of the container that a worker adds to several: it holds their network and does nothing. No other has it. */
export const sandboxContainer = "sandbox";

export const noItems: readonly never[] = Object.freeze([]);
const noEntries: Readonly<Record<string, string>> = Object.freeze({});
const noAmount = Object.freeze({ request: 0, limit: null });

/** The fields that a container without them does not have, not even as null. */
export type SparseField = "cleared" | OptionField | PodField | ContentField;
export const sparseFields: readonly SparseField[] = ["cleared", ...optionFields, ...podFields, ...contentFields];
/** Those of a container that were given. */
export type SparseFields = { readonly [Field in SparseField]?: NonNullable<ContainerSpec[Field]> };

/** Shared and frozen, so that a hundred thousand tasks hold one copy of each default. */
export const containerDefaults: Omit<ContainerSpec, "image" | SparseField> = Object.freeze({
  name: mainContainer,
  command: noItems,
  args: noItems,
  env: noEntries,
  ports: noItems,
  resources: Object.freeze({ cpu: noAmount, memory: noAmount }),
  mounts: noItems,
  user: null,
  workingDir: null,
  pullPolicy: "missing",
});

/** The fields that a template without them does not have. */
type SparseSpecField = "placement" | "priority";

export const specDefaults: Omit<TaskSpec, "containers" | SparseSpecField> = Object.freeze({
  labels: noEntries,
  init: noItems,
  restartPolicy: Object.freeze({
    mode: "never",
    maxRestarts: null,
    backoffInitialMs: limits.restartBackoffInitialMs,
    backoffMaxMs: limits.restartBackoffMaxMs,
    resetAfterMs: limits.restartResetMs,
  }),
  constraints: noItems,
  stopGraceSeconds: limits.stopGraceSecondsDefault,
  platform: null,
});

/** A container without the fields that hold the default. */
export type PackedContainer = Partial<ContainerSpec> & Pick<ContainerSpec, "image">;
/** A spec without the fields that hold the default: how the log writes it. */
export type PackedSpec = Partial<Omit<TaskSpec, "containers" | "init">> & {
  readonly containers: readonly PackedContainer[];
  readonly init?: readonly PackedContainer[];
};

/** Fills in the defaults. One literal, so that every container without options has the same shape in memory. */
export function unpackContainer(packed: PackedContainer): ContainerSpec {
  const by = containerDefaults;
  const container: ContainerSpec = {
    name: packed.name ?? by.name,
    image: packed.image,
    command: packed.command ?? by.command,
    args: packed.args ?? by.args,
    env: packed.env ?? by.env,
    ports: packed.ports ?? by.ports,
    resources: packed.resources ?? by.resources,
    mounts: packed.mounts ?? by.mounts,
    user: packed.user ?? by.user,
    workingDir: packed.workingDir ?? by.workingDir,
    pullPolicy: packed.pullPolicy ?? by.pullPolicy,
  };
  return Object.freeze(hasSparseFields(packed) ? Object.assign(container, sparseFieldsOf(packed)) : container);
}

/** Written out, because each create asks: a lookup by a variable takes several times as long. */
export function hasSparseFields(container: SparseInput): boolean {
  const { cleared, network, process, security, devices, limits, logging, health } = container;
  const { startupProbe, livenessProbe, readinessProbe, sidecar, dependsOn, restartPolicy, configs, secrets } =
    container;
  const option = cleared ?? network ?? process ?? security ?? devices ?? limits ?? logging ?? health;
  const other =
    startupProbe ?? livenessProbe ?? readinessProbe ?? sidecar ?? dependsOn ?? restartPolicy ?? configs ?? secrets;
  return (option ?? other ?? undefined) !== undefined;
}

/** The same object for every container that has none of them. */
export function sparseFieldsOf(container: SparseInput): SparseFields {
  if (!hasSparseFields(container)) return noSparseFields;
  let found: Record<string, unknown> | null = null;
  for (const field of sparseFields) {
    const value = container[field];
    if (value === undefined || value === null) continue;
    found ??= {};
    found[field] = value;
  }
  return (found as SparseFields | null) ?? noSparseFields;
}

type SparseInput = { readonly [Field in SparseField]?: ContainerSpec[Field] | null };
const noSparseFields: SparseFields = Object.freeze({});

/** Fills in the defaults. */
export function unpackSpec(packed: PackedSpec): TaskSpec {
  const by = specDefaults;
  const spec: TaskSpec = {
    labels: packed.labels ?? by.labels,
    containers: packed.containers.map(unpackContainer),
    init: packed.init?.map(unpackContainer) ?? by.init,
    restartPolicy: packed.restartPolicy ?? by.restartPolicy,
    constraints: packed.constraints ?? by.constraints,
    stopGraceSeconds: packed.stopGraceSeconds ?? by.stopGraceSeconds,
    platform: packed.platform ?? by.platform,
  };
  return Object.freeze(packed.placement || packed.priority ? Object.assign(spec, sparseOfSpec(packed)) : spec);
}

export function sparseOfSpec({
  placement,
  priority,
}: Pick<TaskSpec, SparseSpecField>): Pick<TaskSpec, SparseSpecField> {
  return { ...(placement ? { placement } : {}), ...(priority ? { priority } : {}) };
}

const emptyContainer = unpackContainer({ image: "" });
const emptySpec = unpackSpec({ containers: [] });

const packedSpecs = new WeakMap<TaskSpec, PackedSpec>();

/** Leaves out every field that holds the shared default: the inverse of `unpackSpec`. Remembered for shared templates. */
export function packSpec(spec: TaskSpec): PackedSpec {
  let packed = packedSpecs.get(spec);
  if (!packed) {
    packed = withoutSpecDefaults(spec);
    packedSpecs.set(spec, packed);
  }
  return packed;
}

function withoutSpecDefaults(spec: TaskSpec): PackedSpec {
  const packed = withoutDefaults(spec, emptySpec) as unknown as PackedSpec & Record<string, unknown>;
  return {
    ...packed,
    containers: spec.containers.map(packContainer),
    ...(spec.init.length > 0 ? { init: spec.init.map(packContainer) } : {}),
    ...sparseOfSpec(spec),
  };
}

function packContainer(container: ContainerSpec): PackedContainer {
  const packed = withoutDefaults(container, emptyContainer);
  return (hasSparseFields(container)
    ? { ...packed, ...sparseFieldsOf(container) }
    : packed) as unknown as PackedContainer;
}

/** The fields of `record` that are not the very values of `empty`. */
export function withoutDefaults<T extends object>(record: T, empty: T): Partial<T> {
  const packed: Partial<T> = {};
  for (const key of Object.keys(empty) as (keyof T)[]) if (record[key] !== empty[key]) packed[key] = record[key];
  return packed;
}

/** The volumes that it mounts, without those that have no name: the engine makes and removes these with the container. */
export function namedVolumes({ mounts }: Pick<ContainerSpec, "mounts">): string[] {
  return mounts.flatMap(({ type, source }) => (type === "volume" && source !== "" ? [source] : []));
}

/** True for a task whose containers share a sandbox: it has several, or init containers. */
export function isPod({ containers, init }: Pick<TaskSpec, "containers" | "init">): boolean {
  return containers.length > 1 || init.length > 0;
}

/** The images of all its containers, in order; with repetitions. */
export function imagesOf({ containers, init }: Pick<TaskSpec, "containers" | "init">): string[] {
  return [...init, ...containers].map(({ image }) => image);
}
