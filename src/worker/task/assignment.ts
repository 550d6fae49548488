// What the master wants of one task on this node, in the worker's own nested form, and the parser that makes it from the
// flat form on the wire. Nothing else in the worker reads the wire's form of a task.

import type { TaskId } from "../../model/ids.ts";
import type { TaskStatus } from "../../model/task/reason.ts";
import {
  type ContainerSpec,
  mainContainer,
  namedVolumes,
  type PackedContainer,
  type PublishedPort,
  type RestartPolicy,
  specDefaults,
  type TaskSpec,
  unpackContainer,
} from "../../model/task/spec.ts";
import { type ContainerStatus, type PackedContainerStatus, unpackContainerStatus } from "../../model/task/status.ts";
import type { Desired } from "../../model/task/task.ts";
import { withSharedFolders } from "./shared-folders.ts";

/** What a worker needs of a task's template, with the name of the task. */
export type AssignedSpec = Omit<TaskSpec, "constraints"> & { readonly name: string };

/** Restarts that users have asked for. */
export interface RestartRequest {
  readonly count: number;
  /** Null if none was asked for. */
  readonly by: string | null;
  /** When the last one was asked for. Null if the master does not say. */
  readonly askedAt: string | null;
}

/** A task as this node has to run it. Immutable: a change is another assignment. */
export interface Assignment {
  readonly taskId: TaskId;
  readonly spec: AssignedSpec;
  readonly desired: Desired;
  readonly restartRequest: RestartRequest;
  /** In the master's record. */
  readonly status: TaskStatus;
  /** As the master wrote it: a later one may have other codes. Null if it sends none. */
  readonly reasonCode: string | null;
  readonly ready: boolean;
  /** Named volumes that this node must have: by the master's record their data is here. Left out if there is none. */
  readonly filledVolumes?: readonly string[];
  /** `waitsFor`: what its service or job depends on and is not there, as a sentence; null if all is. Left out: on nothing. */
  readonly dependencies?: { readonly waitsFor: string | null };
  /** The revision of the master's log at which the task was placed here. Null if the master does not say. */
  readonly placedAt: number | null;
  /** In the master's record, init containers first, in the order of the spec. */
  readonly containers: readonly ContainerStatus[];
}

/** One container of an assignment, with what its task says for all of its containers. */
export interface ContainerAssignment {
  readonly taskId: TaskId;
  readonly spec: ContainerSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly restartPolicy: RestartPolicy;
  readonly stopGraceSeconds: number;
  readonly platform: string | null;
  readonly desired: Desired;
  readonly restartRequest: RestartRequest;
  /** Of the task, in the master's record. */
  readonly status: TaskStatus;
  readonly reasonCode: string | null;
  readonly ready: boolean;
  readonly filledVolumes?: readonly string[];
  readonly placedAt: number | null;
  /** Null if the master's record has nothing of this container. */
  readonly recorded: ContainerStatus | null;
  /** Why it must not be started now. Null if it may be. */
  readonly hold: string | null;
  /** What its service or job depends on and is not there: none of its containers is started. Null if it may be. */
  readonly waitsFor: string | null;
  /** The network that it joins, as it runs now. Null if it has a network of its own, or the other container does not run. */
  readonly sandbox: SandboxRun | null;
  /** True when it has done its work in an earlier sandbox of the task, and is to do it again. */
  readonly repeats: boolean;
}

/** One run of the container whose network others join. With another run the network is another one, too. */
export interface SandboxRun {
  readonly containerId: string;
  readonly startedAt: string;
  /** Where probes reach the containers. Null if the engine gives it none. */
  readonly address: string | null;
  readonly hostNetwork: boolean;
  readonly publishedPorts: readonly PublishedPort[];
}

type WireContainer = { readonly [Key in keyof ContainerSpec]?: ContainerSpec[Key] | undefined };
type WireStatus = { readonly [Key in keyof ContainerStatus]?: ContainerStatus[Key] | undefined };
type StatusOfTask = { readonly status?: TaskStatus; readonly reason?: object; readonly ready?: boolean };

/**
 * A task as masters send it: flat, with the fields of its one container beside those of the task. Masters of 0.1.0 leave
 * out what came later; a master may leave out whatever has its default. `containers` and `init` come from a master that
 * knows tasks of several containers.
 */
export interface WireAssignment
  extends Omit<WireContainer, keyof StatusOfTask>,
    Omit<WireStatus, keyof StatusOfTask>,
    StatusOfTask {
  readonly taskId: TaskId;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly restartPolicy?: RestartPolicy;
  readonly stopGraceSeconds?: number;
  readonly platform?: string | null;
  readonly desired?: Desired;
  readonly requests?: {
    readonly restarts?: number;
    readonly restartedBy?: string | null;
    readonly restartAskedAt?: string;
  };
  readonly reason?: { readonly code?: string };
  readonly ready?: boolean;
  readonly filledVolumes?: readonly string[];
  readonly dependencies?: { readonly waitsFor?: string | null };
  readonly scheduledRevision?: number | null;
  readonly containers?: readonly (WireContainer & WireStatus)[];
  readonly init?: readonly (WireContainer & WireStatus)[];
}

/** Throws a TypeError on what is no task. */
export function parseAssignment(wire: WireAssignment): Assignment {
  const { taskId, name } = wire;
  if (typeof taskId !== "string" || typeof name !== "string") throw new TypeError("an assignment without a task id");
  // An image of its own means the flat form, whatever else a later master says of its containers.
  const isFlat = wire.containers === undefined || wire.image !== undefined;
  const containers = isFlat ? [flatContainer(wire)] : wire.containers;
  return {
    taskId,
    spec: {
      name,
      labels: wire.labels ?? specDefaults.labels,
      containers: containers.map(containerSpecOf),
      init: (wire.init ?? []).map(containerSpecOf),
      restartPolicy: wire.restartPolicy ?? specDefaults.restartPolicy,
      stopGraceSeconds: wire.stopGraceSeconds ?? specDefaults.stopGraceSeconds,
      platform: wire.platform ?? null,
    },
    desired: wire.desired ?? "running",
    restartRequest: {
      count: wire.requests?.restarts ?? 0,
      by: wire.requests?.restartedBy ?? null,
      askedAt: wire.requests?.restartAskedAt ?? null,
    },
    status: wire.status ?? "scheduled",
    reasonCode: wire.reason?.code ?? null,
    ready: wire.ready ?? false,
    ...(wire.filledVolumes === undefined ? {} : { filledVolumes: wire.filledVolumes }),
    ...(wire.dependencies === undefined ? {} : { dependencies: { waitsFor: wire.dependencies.waitsFor ?? null } }),
    placedAt: wire.scheduledRevision ?? null,
    containers: [...(wire.init ?? []), ...containers].map((one) => unpackContainerStatus(one as PackedContainerStatus)),
  };
}

/** Status and reason of the flat form are those of the task. */
function flatContainer({ status: _, reason: __, ready: ___, restartPolicy: ____, ...wire }: WireAssignment) {
  return { ...wire, name: mainContainer };
}

function containerSpecOf(wire: WireContainer): ContainerSpec {
  if (typeof wire.image !== "string") throw new TypeError("an assignment with a container without an image");
  return unpackContainer(wire as PackedContainer);
}

/** Null if the task has no container of this name. `waitsFor`: what keeps all of its containers from being started. */
export function containerAssignment(
  assignment: Assignment,
  name: string,
  waitsFor: string | null = null,
): ContainerAssignment | null {
  const { taskId, spec, desired, restartRequest, status, reasonCode, ready, containers } = assignment;
  const container = spec.containers.find((one) => one.name === name);
  if (!container) return null;
  const { labels, restartPolicy, stopGraceSeconds, platform } = spec;
  const { filledVolumes, placedAt } = assignment;
  const recorded = containers.find((one) => one.name === name) ?? null;
  return {
    ...{ taskId, spec: container, labels, restartPolicy, stopGraceSeconds, platform },
    ...{ desired, restartRequest, status, reasonCode, ready, recorded },
    ...(filledVolumes === undefined ? {} : { filledVolumes }),
    ...{ placedAt, hold: null, waitsFor, sandbox: null, repeats: false },
  };
}

/** True when the container is to run: a draining task runs until it is stopped. */
export function isToRun(assignment: Pick<Assignment, "desired"> | null): boolean {
  return assignment !== null && assignment.desired !== "stopped";
}

/** All named volumes that the task's containers mount, with those of its shared folders. */
export function volumesOf({ taskId, spec }: Pick<Assignment, "taskId" | "spec">): string[] {
  return [...spec.init, ...spec.containers].flatMap((container) => namedVolumes(withSharedFolders(taskId, container)));
}
