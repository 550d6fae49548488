// What a task is: one placement of a template. The record holds what the user asked for (spec, shared by tasks with equal
// templates), what Podling wants (desired), where it is (placement) and what a worker observed. Each field has one owner.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId, TaskId } from "../ids.ts";
import type { Shared } from "../kinds/kind.ts";
import { isFinished, isPlaced } from "./reason.ts";
import type * as schema from "./schema.ts";
import { type PackedSpec, packSpec, type TaskSpec, unpackSpec } from "./spec.ts";
import { nothingObserved, type ObservedStatus, type PackedStatus, packStatus, unpackStatus } from "./status.ts";

export const desiredStates = ["running", "draining", "stopped"] as const;
/** draining: still runs, and gets no new traffic. */
export type Desired = (typeof desiredStates)[number];

export interface Placement {
  nodeId: NodeId;
  /** ISO 8601 UTC, by the master's clock. */
  at: string;
  /** The batch that placed it: `explain` goes back to the state before it. */
  revision: number;
}

/** The end of a task as the master learned of it: retention keeps the order of ends, and counts age from here. */
export interface Ended {
  /** ISO 8601 UTC, by the master's clock. */
  at: string;
  /** The batch that ended it. Records of release 0.1.0 have numbers below 1, which keep their order. */
  revision: number;
}

export interface Idempotency {
  key: string;
  fingerprint: string;
}

/** What replaces the task when it is lost, and counts it. Null: nothing but the rule for lost tasks. */
export type TaskOwner = DeepReadonly<z.output<typeof schema.taskOwner>>;

export type TaskRequests = DeepReadonly<z.output<typeof schema.taskRequests>>;

export const noRequests: TaskRequests = Object.freeze({
  graceSeconds: null,
  remove: false,
  restarts: 0,
  restartedBy: null,
});

/** Immutable: every change makes a new record. Times are ISO 8601 UTC. */
export interface Task {
  readonly taskId: TaskId;
  readonly name: string;
  readonly spec: TaskSpec;
  readonly owner: TaskOwner | null;
  readonly desired: Desired;
  /**
   * What users have asked for beyond the template. Left out if nothing, as in most records: with one field less a record
   * takes 48 bytes less.
   */
  readonly requests?: TaskRequests;
  readonly placement: Placement | null;
  readonly observed: ObservedStatus;
  readonly createdAt: string;
  readonly ended: Ended | null;
  /** The task that this one replaces after its node was lost. */
  readonly replaces: TaskId | null;
  readonly replacedBy: TaskId | null;
  /** The Idempotency-Key that it was created with. */
  readonly idempotency: Idempotency | null;
}

/** A task without the fields that hold the default: how the log writes it. */
export type PackedTask = Partial<Omit<Task, "spec" | "observed">> &
  Pick<Task, "taskId" | "name" | "createdAt"> & { readonly spec: PackedSpec; readonly observed?: PackedStatus };

/** Fills in the defaults. One literal, so that nearly every record has the same shape in memory. */
export function unpackTask(packed: PackedTask, shared?: Shared): Task {
  const task: Task = {
    taskId: packed.taskId,
    name: packed.name,
    spec: sharedSpec(packed.spec, shared),
    owner: packed.owner ?? null,
    desired: packed.desired ?? "running",
    placement: packed.placement ?? null,
    observed: packed.observed ? unpackObserved(packed.observed, shared) : nothingObserved,
    createdAt: packed.createdAt,
    ended: packed.ended ?? null,
    replaces: packed.replaces ?? null,
    replacedBy: packed.replacedBy ?? null,
    idempotency: packed.idempotency ?? null,
  };
  return packed.requests ? withRequests(task, packed.requests) : task;
}

/** A function of its own: beside the literal, the engine would reserve memory for the field in every record. */
function withRequests(task: Task, requests: TaskRequests): Task {
  return { ...task, requests };
}

/** Also replicas that get a template while they run share it with those that are created with it. */
function sharedSpec(packed: PackedSpec, shared: Shared | undefined): TaskSpec {
  const spec = () => unpackSpec(packed);
  return shared ? shared.value(packed, spec) : spec();
}

function unpackObserved(packed: PackedStatus, shared: Shared | undefined): ObservedStatus {
  return shared ? shared.once(packed, () => unpackStatus(packed)) : unpackStatus(packed);
}

/** Leaves out every field that holds the default: the inverse of `unpackTask`. */
export function packTask(task: Task): PackedTask {
  const {
    taskId,
    name,
    spec,
    owner,
    desired,
    requests,
    placement,
    observed,
    createdAt,
    ended,
    replaces,
    replacedBy,
    idempotency,
  } = task;
  return {
    taskId,
    name,
    createdAt,
    spec: packSpec(spec),
    ...(owner ? { owner } : {}),
    ...(desired === "running" ? {} : { desired }),
    ...(requests ? { requests } : {}),
    ...(placement ? { placement } : {}),
    ...(observed === nothingObserved ? {} : { observed: packStatus(observed) }),
    ...(ended ? { ended } : {}),
    ...(replaces ? { replaces } : {}),
    ...(replacedBy ? { replacedBy } : {}),
    ...(idempotency ? { idempotency } : {}),
  };
}

type UpdatedField = "desired" | "requests" | "placement" | "ended" | "replacedBy" | "owner";

/** None of these is ever taken back: an update cannot set one to null. */
export type PackedTaskUpdate = Partial<
  { readonly [Field in UpdatedField]: NonNullable<Task[Field]> } & {
    readonly observed: PackedStatus;
    readonly spec: PackedSpec;
  }
>;

/** The task with an update applied. `observed` is merged field by field; its containers are replaced as a whole. */
export function updateTask(task: Task, set: PackedTaskUpdate, shared?: Shared): Task {
  const updated: Task = {
    taskId: task.taskId,
    name: task.name,
    spec: set.spec ? sharedSpec(set.spec, shared) : task.spec,
    owner: set.owner ?? task.owner,
    desired: set.desired ?? task.desired,
    placement: set.placement ?? task.placement,
    observed: set.observed ? unpackStatus(set.observed, task.observed) : task.observed,
    createdAt: task.createdAt,
    ended: set.ended ?? task.ended,
    replaces: task.replaces,
    replacedBy: set.replacedBy ?? task.replacedBy,
    idempotency: task.idempotency,
  };
  const requests = set.requests ?? task.requests;
  return requests ? withRequests(updated, requests) : updated;
}

/** The packed task with an update applied: unpacked, it is what `updateTask` gives. */
export function mergeTask(packed: PackedTask, set: PackedTaskUpdate): PackedTask {
  const merged = { ...packed, ...set };
  if (!packed.observed || !set.observed) return merged;
  return { ...merged, observed: packStatus(unpackStatus(set.observed, unpackStatus(packed.observed))) };
}

/** Time between the stop signal and the kill. That of a request counts until the stop or the restart is done. */
export function graceSecondsOf(task: Pick<Task, "spec" | "desired" | "requests" | "observed">): number {
  const { spec, desired, requests } = task;
  const isUnderWay = desired === "stopped" || isToRestart(task);
  return (isUnderWay ? requests?.graceSeconds : null) ?? spec.stopGraceSeconds;
}

/** True while a restart that was asked for is not done. */
function isToRestart({ spec, requests, observed }: Pick<Task, "spec" | "requests" | "observed">): boolean {
  const asked = requests?.restarts ?? 0;
  return asked > 0 && !hasRestarted({ spec, observed }, asked);
}

/** True when every container has done so many of the restarts that users asked for. */
export function hasRestarted({ spec, observed }: Pick<Task, "spec" | "observed">, asked: number): boolean {
  return spec.containers.every(({ name }) =>
    observed.containers.some((one) => one.name === name && one.requestedRestarts >= asked),
  );
}

export function hasFinished({ observed }: Task): boolean {
  return isFinished(observed.status);
}

/** True when it could take traffic: it runs, is ready, and does not pause before a restart. Says nothing of `desired`. */
export function serves({ observed: { status, ready, reason } }: Pick<Task, "observed">): boolean {
  return status === "running" && ready && reason.code !== "restarting";
}

/** The node whose capacity it takes; null if it takes none. */
export function holdingNode({ observed, placement }: Task): NodeId | null {
  return isPlaced(observed.status) && placement ? placement.nodeId : null;
}
