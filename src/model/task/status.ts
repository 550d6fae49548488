// What a worker observes of a task: the types of schema.ts, the values before anything was observed, and the packed form
// for the log.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import { waitingReason } from "./reason.ts";
import type * as schema from "./schema.ts";
import { mainContainer, noItems, withoutDefaults } from "./spec.ts";

export type ContainerStatus = DeepReadonly<z.output<typeof schema.containerStatus>>;
export type ObservedStatus = DeepReadonly<z.output<typeof schema.observedStatus>>;
export type LastFailure = NonNullable<ContainerStatus["lastFailure"]>;

/** A container that no worker has reported yet. */
export const noContainerStatus: ContainerStatus = Object.freeze({
  name: mainContainer,
  containerId: null,
  exitCode: null,
  oomKilled: false,
  restarts: 0,
  requestedRestarts: 0,
  publishedPorts: noItems,
  startedAt: null,
  error: null,
  lastFailure: null,
});

export const nothingObserved: ObservedStatus = Object.freeze({
  status: "pending",
  reason: waitingReason,
  ready: false,
  finishedAt: null,
  containers: noItems,
});

/** True for a task that waits or has just been placed: the statuses of many such tasks are equal. */
export function isUnstarted({ containers, finishedAt }: ObservedStatus): boolean {
  return containers.length === 0 && finishedAt === null;
}

/** The fields that only containers of a task of several have. */
export const podStatusFields = ["status", "reason", "ready"] as const;

/** Fields that hold the default are left out. */
export type PackedContainerStatus = Partial<ContainerStatus>;
export type PackedStatus = Partial<Omit<ObservedStatus, "containers">> & {
  readonly containers?: readonly PackedContainerStatus[];
};

/** The status with the fields of `packed`; what is left out stays as in `by`. */
export function unpackContainerStatus(packed: PackedContainerStatus, by = noContainerStatus): ContainerStatus {
  const status: ContainerStatus = {
    name: packed.name ?? by.name,
    containerId: packed.containerId === undefined ? by.containerId : packed.containerId,
    exitCode: packed.exitCode === undefined ? by.exitCode : packed.exitCode,
    oomKilled: packed.oomKilled ?? by.oomKilled,
    restarts: packed.restarts ?? by.restarts,
    requestedRestarts: packed.requestedRestarts ?? by.requestedRestarts,
    publishedPorts: packed.publishedPorts ?? by.publishedPorts,
    startedAt: packed.startedAt === undefined ? by.startedAt : packed.startedAt,
    error: packed.error === undefined ? by.error : packed.error,
    lastFailure: packed.lastFailure === undefined ? by.lastFailure : packed.lastFailure,
  };
  return packed.status === undefined && by.status === undefined ? status : withPodStatus(status, packed, by);
}

/** A function of its own: beside the literal, the engine would reserve memory for the fields in every status. */
function withPodStatus(status: ContainerStatus, packed: PackedContainerStatus, by: ContainerStatus): ContainerStatus {
  const fields: Record<string, unknown> = {};
  for (const field of podStatusFields) {
    const value = packed[field] ?? by[field];
    if (value !== undefined) fields[field] = value;
  }
  return { ...status, ...fields };
}

/** The same for a whole status. Containers are merged by name; one that `by` does not have is added at the end. */
export function unpackStatus(packed: PackedStatus, by: ObservedStatus = nothingObserved): ObservedStatus {
  return {
    status: packed.status ?? by.status,
    reason: packed.reason ?? by.reason,
    ready: packed.ready ?? by.ready,
    finishedAt: packed.finishedAt === undefined ? by.finishedAt : packed.finishedAt,
    containers: packed.containers ? mergeContainers(by.containers, packed.containers) : by.containers,
  };
}

function mergeContainers(
  before: readonly ContainerStatus[],
  changes: readonly PackedContainerStatus[],
): readonly ContainerStatus[] {
  const [only] = changes;
  if (changes.length === 1 && before.length <= 1) {
    const name = only!.name ?? mainContainer;
    if (before.length === 0) return [unpackContainerStatus(only!)];
    if (before[0]!.name === name) return [unpackContainerStatus(only!, before[0])];
  }
  const merged = [...before];
  for (const change of changes) {
    const name = change.name ?? mainContainer;
    const at = merged.findIndex((one) => one.name === name);
    if (at >= 0) merged[at] = unpackContainerStatus(change, merged[at]);
    else merged.push(unpackContainerStatus(change));
  }
  return merged;
}

/** Leaves out what equals the default: the inverse of `unpackStatus`. */
export function packStatus(status: ObservedStatus): PackedStatus {
  const { containers, ...packed } = withoutDefaults(status, nothingObserved);
  return containers ? { ...packed, containers: containers.map(packContainerStatus) } : packed;
}

function packContainerStatus(status: ContainerStatus): PackedContainerStatus {
  const packed = withoutDefaults(status, noContainerStatus);
  if (status.status === undefined) return packed;
  const { status: own, reason, ready } = status;
  return { ...packed, status: own, ...(reason ? { reason } : {}), ...(ready === undefined ? {} : { ready }) };
}
