// What a task is: the record that is kept, sent and shown. One placement of one container on one node.

import type { NodeId, TaskId } from "../ids.ts";
import { limits } from "../limits.ts";

export const taskStatuses = ["pending", "scheduled", "running", "completed", "failed", "stopped"] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** Why a task is as it is: a code to match on, a sentence with numbers to read. */
export interface Reason {
  code: ReasonCode;
  message: string;
}

export const reasonCodes = [
  "waiting", //             created, not looked at yet
  "no-nodes", //            nothing has registered, or all are offline
  "no-node-fits", //        each node's filter says why not
  "placed",
  "pulling",
  "pull-retry",
  "running",
  "restarting", //          ended, and its policy starts it again after a pause
  "exited",
  "oom-killed",
  "image-not-found",
  "image-not-present", //   pullPolicy never
  "registry-denied",
  "registry-unreachable",
  "create-failed", //       the engine refused the container
  "start-failed", //        the container would not start: no such command, port taken
  "port-in-use",
  "engine-unavailable",
  "container-lost", //      removed behind Podling's back
  "node-lost",
  "node-deregistered",
  "stopping",
  "stopped",
  "reported", //            a worker gave no reason of its own
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

/** The newest run that ended badly, with the end of what its container had written by then. */
export interface LastFailure {
  finishedAt: string | null;
  exitCode: number | null;
  /** Of stdout and stderr together, oldest first; empty where it wrote nothing or its log cannot be read. */
  log: readonly string[];
}

export interface PortSpec {
  /** null: the engine chooses a free one, reported in `publishedPorts`. */
  hostPort: number | null;
  containerPort: number;
  protocol: "tcp" | "udp";
  hostIp: string;
}

export interface PublishedPort {
  hostIp: string;
  hostPort: number;
  containerPort: number;
  protocol: "tcp" | "udp";
}

/** Request is what the scheduler sets aside; limit is what the engine enforces (null: none). */
export interface Amount {
  request: number;
  limit: number | null;
}

export interface Resources {
  /** Cores. */
  cpu: Amount;
  /** Bytes. */
  memory: Amount;
}

export interface Mount {
  type: "volume" | "bind" | "tmpfs";
  /** A volume's name or an absolute path on the node; "" for tmpfs. */
  source: string;
  /** An absolute path in the container. */
  target: string;
  readOnly: boolean;
  /** For tmpfs; null: the engine's default. */
  sizeBytes: number | null;
}

export interface RestartPolicy {
  mode: "never" | "on-failure" | "always";
  /** Restarts before giving up; null: no limit. */
  maxRestarts: number | null;
  backoffInitialMs: number;
  backoffMaxMs: number;
  /** A run of at least this long starts the back-off (and the count towards `maxRestarts`) anew. */
  resetAfterMs: number;
}

export type Constraint =
  | { type: "label"; key: string; operator: "equals" | "not-equals"; value: string }
  | { type: "label"; key: string; operator: "exists" }
  | { type: "node"; operator: "equals" | "not-equals"; value: string };

export type PullPolicy = "missing" | "always" | "never";

/** What the user asked for. Never edited by the system. */
export interface TaskSpec {
  name: string;
  image: string;
  /** Replaces the image's entrypoint; empty: the image's own. */
  command: readonly string[];
  /** Replaces the image's arguments (its CMD); empty: the image's own. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  ports: readonly PortSpec[];
  resources: Resources;
  mounts: readonly Mount[];
  restartPolicy: RestartPolicy;
  constraints: readonly Constraint[];
  stopGraceSeconds: number;
  user: string | null;
  workingDir: string | null;
  pullPolicy: PullPolicy;
  /** "linux/amd64"; null: any node. */
  platform: string | null;
}

/** Immutable: every change makes a new record. Times are ISO 8601 UTC. */
export interface Task extends TaskSpec {
  readonly taskId: TaskId;
  /** What Podling wants of it: set by the user (stop, delete) and by the master. */
  desired: "running" | "stopped";
  status: TaskStatus;
  reason: Reason;
  nodeId: NodeId | null;
  containerId: string | null;
  exitCode: number | null;
  oomKilled: boolean;
  restarts: number;
  publishedPorts: readonly PublishedPort[];
  createdAt: string;
  scheduledAt: string | null;
  /** Revision of the batch that placed it: what `explain` goes back to. */
  scheduledRevision: number | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** What the engine said, word for word, when something failed. */
  error: string | null;
  /** Null: no run has ended badly. It stays when a later run goes well. */
  lastFailure: LastFailure | null;
  /** The task that this one replaces, after its node was lost. */
  replaces: TaskId | null;
  replacedBy: TaskId | null;
}

const nothing = Object.freeze([]) as readonly never[];
const noEntries: Readonly<Record<string, string>> = Object.freeze({});
const noAmount: Amount = Object.freeze({ request: 0, limit: null });

/** Shared and frozen, so that a hundred thousand tasks hold one copy of each default. */
export const specDefaults = Object.freeze({
  command: nothing as readonly string[],
  args: nothing as readonly string[],
  env: noEntries,
  labels: noEntries,
  ports: nothing as readonly PortSpec[],
  resources: Object.freeze({ cpu: noAmount, memory: noAmount }) as Resources,
  mounts: nothing as readonly Mount[],
  restartPolicy: Object.freeze({
    mode: "never",
    maxRestarts: null,
    backoffInitialMs: limits.restartBackoffInitialMs,
    backoffMaxMs: limits.restartBackoffMaxMs,
    resetAfterMs: limits.restartResetMs,
  }) as RestartPolicy,
  constraints: nothing as readonly Constraint[],
  stopGraceSeconds: limits.stopGraceSecondsDefault as number,
  user: null as string | null,
  workingDir: null as string | null,
  pullPolicy: "missing" as PullPolicy,
  platform: null as string | null,
});

export const waitingReason: Reason = Object.freeze({ code: "waiting", message: "waiting for the scheduler" });
const noPorts = nothing as readonly PublishedPort[];

/** What must be said of a task; everything else has a default. This is also how the journal writes one. */
export type PackedTask = { [Key in keyof Task]?: Task[Key] | undefined } & Pick<
  Task,
  "taskId" | "name" | "image" | "createdAt"
>;

/** Fills in the defaults. One literal, so that every record has the same shape in memory. */
export function unpackTask(p: PackedTask): Task {
  return {
    taskId: p.taskId,
    name: p.name,
    image: p.image,
    command: p.command ?? specDefaults.command,
    args: p.args ?? specDefaults.args,
    env: p.env ?? specDefaults.env,
    labels: p.labels ?? specDefaults.labels,
    ports: p.ports ?? specDefaults.ports,
    resources: p.resources ?? specDefaults.resources,
    mounts: p.mounts ?? specDefaults.mounts,
    restartPolicy: p.restartPolicy ?? specDefaults.restartPolicy,
    constraints: p.constraints ?? specDefaults.constraints,
    stopGraceSeconds: p.stopGraceSeconds ?? specDefaults.stopGraceSeconds,
    user: p.user ?? null,
    workingDir: p.workingDir ?? null,
    pullPolicy: p.pullPolicy ?? specDefaults.pullPolicy,
    platform: p.platform ?? null,
    desired: p.desired ?? "running",
    status: p.status ?? "pending",
    reason: p.reason ?? waitingReason,
    nodeId: p.nodeId ?? null,
    containerId: p.containerId ?? null,
    exitCode: p.exitCode ?? null,
    oomKilled: p.oomKilled ?? false,
    restarts: p.restarts ?? 0,
    publishedPorts: p.publishedPorts ?? noPorts,
    createdAt: p.createdAt,
    scheduledAt: p.scheduledAt ?? null,
    scheduledRevision: p.scheduledRevision ?? null,
    startedAt: p.startedAt ?? null,
    finishedAt: p.finishedAt ?? null,
    error: p.error ?? null,
    lastFailure: p.lastFailure ?? null,
    replaces: p.replaces ?? null,
    replacedBy: p.replacedBy ?? null,
  };
}

const emptyTask = unpackTask({ taskId: "" as TaskId, name: "", image: "", createdAt: "" });
const taskKeys = Object.keys(emptyTask) as (keyof Task)[];

/** Leaves out every field that holds the shared default: the inverse of `unpackTask`. */
export function packTask(task: Task): PackedTask {
  const packed: Record<string, unknown> = {};
  for (const key of taskKeys) if (task[key] !== emptyTask[key]) packed[key] = task[key];
  return packed as unknown as PackedTask;
}

/** Finished: completed, failed or stopped. Nothing moves on from there. */
export function isFinished(status: TaskStatus): boolean {
  return status === "completed" || status === "failed" || status === "stopped";
}

/** Holds room on a node. */
export function isPlaced(status: TaskStatus): boolean {
  return status === "scheduled" || status === "running";
}
