// A service: replicas of a template that are kept running under one name. It has one wanted revision and at most one rollout;
// its tasks are made, replaced and ended by the reconciler of services alone.

import type { z } from "zod";
import { doubled } from "../../lib/doubled.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { RevisionId, ServiceId } from "../ids.ts";
import { limits } from "../limits.ts";
import { type PackedSpec, packSpec, type TaskSpec } from "../task/spec.ts";
import type * as schema from "./schema.ts";

export type RolloutPolicy = DeepReadonly<z.output<typeof schema.rolloutPolicy>>;
export type Rollout = DeepReadonly<z.output<typeof schema.rollout>>;

export interface Service extends DeepReadonly<z.output<typeof schema.service>> {
  readonly serviceId: ServiceId;
}

type RevisionRecord = DeepReadonly<z.output<typeof schema.revisionRecord>>;

export interface Revision extends Omit<RevisionRecord, "spec"> {
  readonly serviceId: ServiceId;
  readonly spec: TaskSpec;
}

export interface PackedRevision extends Omit<RevisionRecord, "spec"> {
  readonly serviceId: ServiceId;
  readonly spec: PackedSpec;
}

export function packRevision({ spec, ...revision }: Revision): PackedRevision {
  return { ...revision, spec: packSpec(spec) };
}

/** The template as it leaves the master: sent back, it is the same one, although another restart policy is the default of services. */
export function shownTemplate(spec: TaskSpec): PackedSpec {
  return { restartPolicy: spec.restartPolicy, ...packSpec(spec) };
}

export const defaultPolicy: RolloutPolicy = Object.freeze({
  parallelism: 1,
  delayMs: 0,
  maxSurge: 1,
  maxUnavailable: null,
  order: "auto",
  minReadyMs: 1_000,
  monitorMs: 5_000,
  deadlineMs: 600_000,
  maxFailures: 0,
  onFailure: "rollback",
  canary: 0,
  drainMs: 1_000,
});

const slotNames: string[] = [];

/** The slots of every service are numbered: their names are the same strings in the records of all replicas. */
export function slotName(number: number): string {
  for (let next = slotNames.length; next <= number; next++) slotNames.push(String(next));
  return slotNames[number]!;
}

export type ServiceReason = Service["reason"];

export function serviceReason(code: ServiceReason["code"], message: string): ServiceReason {
  return { code, message };
}

/** The reason of a service after the rollout of a revision has failed. */
export function failedReason(
  code: "rolled-back" | "paused" | "failing",
  message: string,
  failedRevision: number,
): ServiceReason {
  return { code, message, failedRevision };
}

export function revisionId(serviceId: ServiceId, number: number): RevisionId {
  return `${serviceId}.${number}` as RevisionId;
}

/** How many replicas are wanted; null where the nodes decide. */
export function wantedReplicas({ mode }: Pick<Service, "mode">): number | null {
  if (mode.type === "selector") return 0;
  return mode.type === "replicated" ? mode.replicas : null;
}

/** At most so many replicas, in a cluster of so many nodes. */
export function mostReplicas(service: Pick<Service, "mode">, nodes: number): number {
  return wantedReplicas(service) ?? nodes;
}

/** The pause before a slot gets another task after so many that failed in a row: 1 s, 2 s, 4 s, ... up to five minutes. */
export function slotBackoffMs(failures: number): number {
  return failures === 0 ? 0 : doubled(limits.restartBackoffInitialMs, failures - 1, limits.restartBackoffMaxMs);
}
