// The port to the containers of an engine. Each method says whether it may be repeated, and how it fails; each may throw
// RuntimeError("engine-unavailable").

import type { ContainerSpec, PublishedPort } from "../model/task/spec.ts";

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
  /** The paths on the node that it mounts, as it was created with them. */
  binds: readonly string[];
  /** Id of the container whose network it was created to join. Left out if it has a network of its own. */
  joined?: string;
  /** Its own address on the node. Left out if it has none: it does not run, or has no network of its own. */
  address?: string;
  /** The engine's own health check. Left out if it has none, or does not run. */
  health?: EngineHealth;
}

/** What the engine says of the HEALTHCHECK that it runs. */
export interface EngineHealth {
  status: "starting" | "healthy" | "unhealthy";
  /** In a row. */
  failures: number;
  /** Of the last check. */
  output: string;
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
  /** Id of a container whose network it joins at each start; that one must run then. Left out: a network of its own. */
  joins?: string;
  /** Its place in a network of the engine, where it keeps its address over restarts. Left out: as `spec` says. */
  place?: NetworkPlace;
}

export interface NetworkPlace {
  /** Name of the network. */
  network: string;
  address: string;
  /** Address of the DNS server, unless `spec` has others. */
  dns: string;
}

export interface LogRequest {
  follow: boolean;
  /** Whole lines from the end, of stdout and stderr together; null: all. */
  tail: number | null;
  /** ms since the epoch: lines that began before are left out; null: from the start. */
  sinceMs: number | null;
  /**
   * Where a time is added: nowhere; at the beginning of each line; or in each entry of the engine's log, of which a long line
   * has several. A frame is an entry: by times in each frame a reader finds its position again.
   */
  timestamps: "none" | "lines" | "entries";
  stdout: boolean;
  stderr: boolean;
}

/** The image and the volumes that a container uses, also one that is not Podling's, whatever its state. */
export interface ContainerUse {
  containerId: string;
  name: string;
  imageId: string;
  volumes: readonly string[];
}

/** Something happened to a container of Podling's. It says only which container to look at. */
export interface ContainerEvent {
  taskId: string;
  containerId: string;
}

export interface Containers {
  /** All containers with the labels podling.cluster=`clusterId` and podling.node=`nodeId`, whatever their state. */
  list(clusterId: string, nodeId: string): Promise<ContainerState[]>;

  /** One container, by id or by name; null if it does not exist. */
  inspect(reference: string): Promise<ContainerState | null>;

  /**
   * Creates without starting; named volumes that do not exist yet are created with the labels of cluster and node.
   * May be repeated: an existing container of that name is returned, if it is the same container of the same task.
   * Resolves to "image-missing" if the image must be pulled first (so that the common case costs no extra call).
   * Throws RuntimeError: create-failed.
   */
  create(request: CreateRequest): Promise<{ containerId: string } | "image-missing">;

  /**
   * Starts a created or exited container. May be repeated: a running one is left alone. Throws RuntimeError: start-failed,
   * port-in-use (temporary), container-lost (temporary: look again). The last also if the container whose network it joins
   * is gone or does not run.
   */
  start(containerId: string): Promise<void>;

  /** Asks to stop (the image's stop signal), kills after the grace. May be repeated. Resolves when it has ended or is gone. */
  stop(containerId: string, graceSeconds: number): Promise<void>;

  /** Sends a signal, by name or number, to its main process. Throws SignalRefused if the engine answers and does not send it. */
  kill(containerId: string, signal: string): Promise<void>;

  /** Removes a container and its anonymous volumes, killing it first. May be repeated. */
  remove(containerId: string): Promise<void>;

  /**
   * What it wrote, as Docker's multiplexed frames (stdout and stderr kept apart). Null if it does not exist. Throws
   * LogsUnavailable if the engine keeps no logs that can be read. A stream of frames that ends early says why in its last one.
   */
  logs(containerId: string, request: LogRequest, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null>;

  /**
   * Calls `onEvent` for each start, end, removal and change of health of the cluster's containers, from `onOpen` on, until the
   * signal aborts (resolves) or the engine goes away (rejects with engine-unavailable).
   */
  events(
    clusterId: string,
    onOpen: () => void,
    onEvent: (event: ContainerEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /** Of all containers on the engine, also ended ones and those that are not Podling's. */
  uses(): Promise<ContainerUse[]>;
}
