// The schemas of what crosses a process boundary, beside the task input of the model: reports, registrations, answers.

import { z } from "zod";
import {
  absolutePath,
  choice,
  cpu,
  duration,
  flag,
  freeText,
  integer,
  labelKeyField,
  labels,
  list,
  memory,
  text,
} from "../../model/fields.ts";
import { nodeIdPattern } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type CleanupKind, cleanupKinds } from "../../model/node/cleanup.ts";
import type { Node } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { reasonCodes, taskStatuses } from "../../model/task/reason.ts";
import type { ContainerStatus, ObservedStatus } from "../../model/task/status.ts";

const timestamp = z.iso.datetime({ error: "an ISO 8601 time in UTC such as 2025-01-19T12:34:56.000Z" });

const reason = z.strictObject({
  code: choice(reasonCodes),
  message: freeText(limits.messageLength),
});

const publishedPort = z.strictObject({
  hostIp: z.string().max(64),
  hostPort: integer(1, 65_535),
  containerPort: integer(1, 65_535),
  protocol: choice(["tcp", "udp", "sctp"]),
});

const lastFailure = z.strictObject({
  finishedAt: timestamp.nullable(),
  exitCode: integer(-1, 4_294_967_295).nullable(),
  log: list(freeText(limits.lastLogLineBytes), limits.lastLogLines),
});

/** The fields of a container's status, with the bounds of a report. A field that is missing here does not compile. */
const containerFields = {
  containerId: freeText(128).nullable().optional(),
  exitCode: integer(-1, 4_294_967_295).nullable().optional(),
  oomKilled: flag.optional(),
  restarts: integer(0, 1_000_000_000).optional(),
  requestedRestarts: integer(0, 1_000_000_000).optional(),
  publishedPorts: list(publishedPort, limits.portCount).optional(),
  startedAt: timestamp.nullable().optional(),
  error: freeText(limits.messageLength).nullable().optional(),
  lastFailure: lastFailure.optional().describe("The newest run that ended badly, and the end of its log."),
} satisfies Record<Exclude<keyof ContainerStatus, "name">, z.ZodType>;

/** The fields of a task's status, beside those of its containers. */
const statusFields = {
  status: choice(taskStatuses),
  reason: reason.optional(),
  ready: flag.optional().describe("True when the task runs and passes its readiness checks."),
  finishedAt: timestamp.nullable().optional(),
} satisfies Record<Exclude<keyof ObservedStatus, "containers">, z.ZodType>;

export const taskReport = z
  .strictObject({
    ...statusFields,
    nodeId: z.string().max(64).optional().describe("The node that reports; refused if the task is placed elsewhere."),
    ...containerFields,
    containers: list(
      z.strictObject({
        name: freeText(limits.nameLength).describe("Name of the container within the task."),
        ...containerFields,
      }),
      limits.containerCount,
    )
      .optional()
      .describe("For a task of several containers: the fields of each, in place of those beside the status."),
  })
  .meta({
    title: "TaskReport",
    description: "What a worker reports about a task. Only status is required; what is left out stays as it is.",
    examples: [{ status: "running", containerId: "4f1c2ba4", startedAt: "2025-01-19T12:34:57.000Z" }],
  });

const engineInfo = z.strictObject({
  name: freeText(64),
  version: freeText(64),
  os: freeText(32),
  arch: freeText(32),
});

/** A host name or an address, without scheme or port. */
const host = text(/^[a-zA-Z0-9]([a-zA-Z0-9_.:-]*[a-zA-Z0-9])?$/, 253, "a host name or an IP address");

const nodePolicy = z.strictObject({
  binds: list(absolutePath, limits.optionCount).default([]),
  privileged: flag.default(false),
  hostNetwork: flag.default(false),
  devices: flag.default(false),
});

export const nodeRegistration = z
  .strictObject({
    hostname: host,
    port: integer(1, 65_535).describe("The port of the worker's own HTTP server."),
    capacity: integer(1, limits.nodeCapacity).default(10).describe("Largest number of tasks at once."),
    nodeId: text(nodeIdPattern, 23, "a node id as an earlier registration gave it")
      .optional()
      .describe("The identity from an earlier registration; without one, hostname and port are the identity."),
    address: host
      .optional()
      .describe(
        "Address at which the master reaches the worker. Default: the address that the registration came from.",
      ),
    cpu: cpu.default(0).describe("Cores; 0 or left out: not a limit."),
    memory: memory.default(0).describe("Bytes; 0 or left out: not a limit."),
    labels: labels.default({}),
    engine: engineInfo.nullable().default(null),
    engineError: freeText(limits.messageLength).nullable().default(null),
    version: freeText(64).default(""),
    features: list(freeText(64), limits.optionCount).nullable().default(null),
    policy: nodePolicy.nullable().default(null),
  })
  .meta({
    title: "NodeRegistration",
    description: "A node as its worker describes it. Only hostname and port are required.",
    examples: [{ hostname: "n1", port: 8081, cpu: 4, memory: "8Gi", labels: { disk: "ssd" } }],
  });

export const nodeLabels = z
  .strictObject({
    set: labels.default({}).describe("Labels to set; they win over those of the worker."),
    remove: list(labelKeyField, limits.labelCount)
      .default([])
      .describe("Keys of labels that users have set; the worker's own value of a key counts again."),
  })
  .meta({
    title: "NodeLabelsInput",
    description: "Labels of a node to set and to take back. Both may be left out.",
    examples: [{ set: { zone: "a" }, remove: ["rack"] }],
  });

export const heartbeat = z
  .strictObject({
    engine: engineInfo.nullable().optional(),
    engineError: freeText(limits.messageLength).nullable().optional(),
  })
  .meta({
    title: "HeartbeatInput",
    description: "News about the node's engine. A heartbeat without news has no body, or an empty object.",
    examples: [{ engineError: null }],
  });
export type Heartbeat = z.output<typeof heartbeat>;

/** A client that does not ask for the short answer also gets the fields of the node. */
export interface HeartbeatAnswer extends Partial<Omit<Node, "nodeId" | "engineError">> {
  nodeId: string;
  /** When the next heartbeat is due, in ms from now. */
  nextHeartbeatMs: number;
  /** After this long without a heartbeat the node counts as lost, in ms. */
  leaseMs: number;
  /** A worker that lost its master reconnects after a random delay of up to so many ms. Older masters do not send it: no delay. */
  reconnectWithinMs?: number;
  /** The engine error that the master has recorded: if it is outdated, the worker sends its own again. Older masters do not send it. */
  engineError?: string | null;
  /**
   * True when the master has an open assignment stream of this node. A worker that reads a stream which the master does
   * not have opens it again. Masters of 0.1.0 do not send it.
   */
  streamOpen?: boolean;
}

/** The meta field in which a schema of a query parameter says what its text stands for, as OpenAPI shows it. */
export const standsFor = "x-stands-for";

const booleanQuery = z
  .enum(["", "true", "false", "1", "0"], { error: "true or false" })
  .meta({ [standsFor]: { type: "boolean" } })
  .transform((value) => value !== "false" && value !== "0");

function wholeNumberQuery(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, { error })
    .meta({ [standsFor]: { type: "integer", minimum: min, maximum: max } })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
}

/** `label` may be given several times: "key" or "key=value". */
const labelSelector = z.union([z.string().transform((value) => [value]), z.array(z.string())]);

export const waitQuery = {
  wait: choice(["running", "finished"])
    .optional()
    .describe("Answer when the task has reached this, or at the timeout."),
  timeout: duration.optional().describe("How long to wait: 30s, 5m. Default 30s, at most 10m."),
};

const graceSeconds = wholeNumberQuery(0, limits.stopGraceSecondsMax)
  .optional()
  .describe("Seconds before SIGKILL, for this request only. Default: the task's `stopGraceSeconds`.");

export const stopQuery = z.strictObject({ ...waitQuery, graceSeconds });

export const restartQuery = z.strictObject({
  wait: choice(["done"]).optional().describe("Answer when the container was started again, or at the timeout."),
  timeout: waitQuery.timeout,
  graceSeconds,
});

export const killQuery = z.strictObject({
  signal: z
    .string()
    .regex(/^((SIG)?[A-Z][A-Z0-9+-]{1,11}|[1-9]\d?)$/i, { error: "a signal such as HUP, SIGUSR1 or 15" })
    .optional()
    .describe("Name or number. KILL stops the task, as a stop with 0 seconds. Default KILL."),
});

export const deleteQuery = z.strictObject({
  force: booleanQuery.optional().describe("True: also a task that has not finished."),
  wait: choice(["gone"])
    .optional()
    .describe(
      "Kill the container, and answer when it is gone: 204. Answers 202 with a `message` if it is not known to be gone at the timeout, or if its node is offline.",
    ),
  timeout: waitQuery.timeout,
});

export const taskListQuery = z.strictObject({
  status: z.string().optional().describe("One status, or several with commas."),
  node: z.string().optional().describe("A node's id, unique prefix or hostname."),
  label: labelSelector.optional().describe("key or key=value; may be repeated."),
  name: z.string().optional().describe("Only tasks of this name."),
  limit: wholeNumberQuery(1, limits.listMax).optional().describe(`Default ${limits.listDefault}.`),
  cursor: z.string().max(64).optional().describe("From the Link header of the page before."),
  watch: booleanQuery.optional().describe("Server-sent events: a sync event with the tasks, then their changes."),
});
export type TaskListQuery = z.output<typeof taskListQuery>;

export const watchQuery = z.strictObject({
  since: wholeNumberQuery(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Resume after this revision; the header Last-Event-ID means the same. Without both: from now on."),
});

export const logsQuery = z.strictObject({
  follow: booleanQuery.optional().describe("True: goes on until the container has ended."),
  tail: wholeNumberQuery(0, limits.logTailMax).optional().describe("Only this many lines from the end."),
  since: z
    .string()
    .max(64)
    .optional()
    .describe("A time (ISO 8601, or seconds since the epoch) or a duration back from now (10m)."),
  timestamps: booleanQuery.optional().describe("True: each line begins with its time."),
  stdout: booleanQuery.optional().describe("Default true."),
  stderr: booleanQuery.optional().describe("Default true."),
});
export type LogsQuery = z.output<typeof logsQuery>;

/** The refusal of a request for a log that asks for neither of the two streams; null otherwise. */
export function withoutStream({
  stdout = true,
  stderr = true,
}: Pick<LogsQuery, "stdout" | "stderr">): Outcome<never> | null {
  if (stdout || stderr) return null;
  return refuse("invalid-field", "query parameters stdout and stderr: both are false, so there is nothing to read", {
    hint: "Leave one of them out, or set it to true.",
    details: { field: "stdout" },
  });
}

export const tailQuery = z.strictObject({
  tail: wholeNumberQuery(0, limits.logTailMax).optional().describe("Lines from the end. Default 100."),
});

export const cleanupQuery = z.strictObject({
  containers: booleanQuery.optional().describe("Ended containers of finished tasks. Default true."),
  images: booleanQuery.optional().describe("Images that Podling pulled and nothing uses. Default false."),
  volumes: booleanQuery
    .optional()
    .describe("Volumes that Podling created and nothing uses; their data is deleted. Default false."),
});
export type CleanupQuery = z.output<typeof cleanupQuery>;

/** The kinds that the query asks for. */
export function cleanupKindsOf({ containers = true, images = false, volumes = false }: CleanupQuery): Set<CleanupKind> {
  const asked: Record<CleanupKind, boolean> = { container: containers, image: images, volume: volumes };
  return new Set(cleanupKinds.filter((kind) => asked[kind]));
}

export const forceQuery = z.strictObject({
  force: booleanQuery.optional().describe("True: also where it is refused otherwise."),
});

export const pruneQuery = z.strictObject({
  all: booleanQuery
    .optional()
    .describe("True: also unfinished tasks, which are stopped, and nodes that are online. Default false."),
});

/** What was removed. Podling has no pods and no services: clients of its first edition read these counts. */
export interface PruneAnswer {
  tasksRemoved: number;
  nodesRemoved: number;
  podsRemoved: 0;
  servicesRemoved: 0;
}

export const restoreQuery = z.strictObject({
  dryRun: booleanQuery.optional().describe("Only show what would change."),
  force: booleanQuery.optional().describe("Also if the backup is of another cluster."),
});
export type RestoreQuery = z.output<typeof restoreQuery>;
