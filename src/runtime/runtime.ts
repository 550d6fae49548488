// The port to what runs containers. Small: each method says whether it is idempotent, what it needs, how it fails.
// It knows containers, not tasks' lives: what to do next is worker/step.ts.

import type { DiskUsage } from "../model/node/cleanup.ts";
import type { EngineInfo } from "../model/node/node.ts";
import type { Mount, PortSpec, PublishedPort, PullPolicy, ReasonCode, Resources } from "../model/task/task.ts";

/** One container as the engine has it. */
export interface ContainerState {
  containerId: string;
  /** From the label podling.task. */
  taskId: string;
  /** Its name within the task, from the label podling.container; "main" without one. */
  container: string;
  /** From the label podling.node. */
  nodeId: string;
  status: "created" | "running" | "exited";
  /** Of the last run; null before the first ended. */
  exitCode: number | null;
  oomKilled: boolean;
  /** What the engine says of a run that failed to start; "" otherwise. */
  error: string;
  /** ISO 8601 UTC, of the last run; null before it. */
  startedAt: string | null;
  finishedAt: string | null;
  publishedPorts: PublishedPort[];
}

/** A failure of the engine, sorted by what can be done about it. */
export class RuntimeError extends Error {
  override name = "RuntimeError";
  /** The reason code a task gets. Any method may throw engine-unavailable: no answer, or one that makes no sense. */
  readonly code: ReasonCode;
  /** true: the same call may succeed later (registry or engine away). */
  readonly temporary: boolean;
  /** true: this container will never start again, but another one for the same task can. */
  readonly unusable: boolean;
  constructor(code: ReasonCode, message: string, temporary: boolean, unusable = false) {
    super(message);
    this.code = code;
    this.temporary = temporary;
    this.unusable = unusable;
  }
}

/** What a container runs, and with what. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** Replaces the image's entrypoint; empty: the image's own. */
  readonly command: readonly string[];
  /** Replaces the image's arguments (its CMD); empty: the image's own. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly PortSpec[];
  readonly resources: Resources;
  readonly mounts: readonly Mount[];
  readonly user: string | null;
  readonly workingDir: string | null;
  readonly pullPolicy: PullPolicy;
}

export interface CreateRequest {
  /** On the engine. Derived from task and container, so that a repeated create finds the container. */
  name: string;
  /** Podling's own; they win over the task's. */
  labels: Readonly<Record<string, string>>;
  taskLabels: Readonly<Record<string, string>>;
  spec: ContainerSpec;
  stopGraceSeconds: number;
  /** "linux/amd64"; null: the engine's own. */
  platform: string | null;
}

export interface LogRequest {
  follow: boolean;
  /** Lines from the end; null: all. */
  tail: number | null;
  /** ms since the epoch; null: from the start. */
  sinceMs: number | null;
  timestamps: boolean;
  stdout: boolean;
  stderr: boolean;
}

/** What a pull has changed. */
export interface PulledImage {
  imageId: string;
  sizeBytes: number;
  /** It was not on the engine before, under any name; false: only this name is new to it. */
  isNew: boolean;
}

export interface ImageState {
  imageId: string;
  /** Tags, and for an image without one its digests: "nginx:1.27", "nginx@sha256:...". Empty: nothing names it any more. */
  names: readonly string[];
  /** With the layers that it shares. */
  sizeBytes: number;
  /** The image that this one was built upon, where the engine still knows. */
  parentId: string | null;
}

export interface VolumeState {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Null: not asked for, or not told in time. */
  sizeBytes: number | null;
}

/** What a container holds on to, whoever made it and whatever its state. */
export interface ContainerUse {
  containerId: string;
  name: string;
  imageId: string;
  volumes: readonly string[];
}

/** Something happened to a container of ours. Only says where to look. */
export interface RuntimeEvent {
  taskId: string;
  containerId: string;
}

export interface Runtime {
  /** Does the engine answer? Cheap; gives up by itself. Throws RuntimeError("engine-unavailable"). */
  ping(): Promise<void>;

  /** The engine's name, version, platform, and the machine's cores and bytes. Throws RuntimeError("engine-unavailable"). */
  info(): Promise<{ engine: EngineInfo; cpu: number; memory: number }>;

  /** All containers that carry the label podling.cluster=`clusterId` and podling.node=`nodeId`, whatever their state. */
  list(clusterId: string, nodeId: string): Promise<ContainerState[]>;

  /** One container; null where it does not exist. */
  inspect(containerId: string): Promise<ContainerState | null>;

  /**
   * Makes sure that the image is there by `policy`. `progress` gets sentences ("40% of 12 MiB"), not more than some a
   * second. Idempotent. Resolves to the image where this pull brought it, or gave it this name; null: nothing changed.
   * Throws RuntimeError: image-not-found, image-not-present, registry-denied, registry-unreachable.
   */
  pull(
    image: string,
    policy: PullPolicy,
    platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<PulledImage | null>;

  /**
   * Creates without starting; named volumes that do not exist yet are made with the labels of cluster and node.
   * Idempotent by name: an existing container of that name is returned, if it is ours.
   * Resolves to "image-missing" where the image must be pulled first (so that the common case costs no extra call).
   * Throws RuntimeError: create-failed.
   */
  create(request: CreateRequest): Promise<{ containerId: string } | "image-missing">;

  /**
   * Starts a created or exited container. Idempotent: a running one is left alone. Throws RuntimeError: start-failed,
   * port-in-use (temporary), container-lost (temporary: look again).
   */
  start(containerId: string): Promise<void>;

  /** Asks to stop (the image's stop signal), kills after the grace. Idempotent. Resolves when it has ended or is gone. */
  stop(containerId: string, graceSeconds: number): Promise<void>;

  /** Removes a container and its anonymous volumes, killing it first. Idempotent. */
  remove(containerId: string): Promise<void>;

  /** What it wrote, as Docker's multiplexed frames (stdout and stderr kept apart). Null where it does not exist. */
  logs(containerId: string, request: LogRequest, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null>;

  /** All images on the engine, whoever's, ordered by id. */
  images(): Promise<ImageState[]>;

  /**
   * Removes an image that has no other names than these and that no container uses. Resolves to null when it is gone,
   * also where it was already; else to the sentence why it stays.
   */
  removeImage(imageId: string, names: readonly string[]): Promise<string | null>;

  /** All named and unnamed volumes on the engine, whoever's, ordered by name. Sizes can take the engine seconds. */
  volumes(withSizes: boolean): Promise<VolumeState[]>;

  /** Removes a volume that no container uses. Resolves as `removeImage` does. */
  removeVolume(name: string): Promise<string | null>;

  /** What all containers on the engine hold on to, also ended ones and those of others. */
  uses(): Promise<ContainerUse[]>;

  /** The disk with the engine's data; null where it cannot be seen from here (an engine on another machine). */
  disk(): Promise<DiskUsage | null>;

  /**
   * Calls `onEvent` for each start and end of our containers, from `onOpen` on, until the signal aborts (resolves) or
   * the engine goes away (rejects with engine-unavailable).
   */
  events(
    clusterId: string,
    onOpen: () => void,
    onEvent: (event: RuntimeEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
