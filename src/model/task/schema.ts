// The schemas of a task's spec and of its observed status. The types of spec.ts and status.ts, the check of records that
// come from outside, reports and the OpenAPI description are all derived from these, so that a field is declared once.

import { z } from "zod";
import { reasonCodes, taskStatuses } from "./reason.ts";

const text = z.string();
const flag = z.boolean();
const count = z.int().min(0);
const amount = z.number().min(0);
export const timeText = z.string().refine((value) => Number.isFinite(Date.parse(value)), { error: "a time" });

const protocol = z.enum(["tcp", "udp"]);

export const portSpec = z.object({
  /** Null if the engine chooses a free port, which `publishedPorts` then reports. */
  hostPort: count.nullable(),
  containerPort: count,
  protocol,
  hostIp: text,
});

export const publishedPort = z.object({ hostIp: text, hostPort: count, containerPort: count, protocol });

/** Request is what the scheduler sets aside; limit is what the engine enforces (null: no limit). */
const amountSpec = z.object({ request: amount, limit: amount.nullable() });

/** cpu in cores, memory in bytes. */
export const resources = z.object({ cpu: amountSpec, memory: amountSpec });

export const mount = z.object({
  type: z.enum(["volume", "bind", "tmpfs"]),
  /** A volume's name or an absolute path on the node; "" for tmpfs. */
  source: text,
  /** An absolute path in the container. */
  target: text,
  readOnly: flag,
  /** For tmpfs, in bytes; null for the engine's default. */
  sizeBytes: count.nullable(),
});

export const restartPolicy = z.object({
  mode: z.enum(["never", "on-failure", "always"]),
  /** Restarts before the task fails; null: no limit. */
  maxRestarts: count.nullable(),
  backoffInitialMs: count,
  backoffMaxMs: count,
  /** A run of at least this length resets the back-off and the count towards `maxRestarts`. */
  resetAfterMs: count,
});

export const constraint = z.union([
  z.object({ type: z.literal("label"), key: text, operator: z.enum(["equals", "not-equals"]), value: text }),
  z.object({ type: z.literal("label"), key: text, operator: z.literal("exists") }),
  z.object({ type: z.literal("node"), operator: z.enum(["equals", "not-equals"]), value: text }),
]);

/** One container of a task, as the user asked for it. */
export const containerSpec = z.object({
  /** Unique within the task; `main` if the task was given in its short form. */
  name: text,
  image: text,
  /** Replaces the image's entrypoint; empty: the image's own. */
  command: z.array(text),
  /** Replaces the image's arguments (its CMD); empty: the image's own. */
  args: z.array(text),
  env: z.record(text, text),
  ports: z.array(portSpec),
  resources,
  mounts: z.array(mount),
  user: text.nullable(),
  workingDir: text.nullable(),
  pullPolicy: z.enum(["missing", "always", "never"]),
});

/** The template of a task: what the user asked for. The system never edits it; tasks with equal templates share one. */
export const taskSpec = z.object({
  labels: z.record(text, text),
  /** At least one. */
  containers: z.array(containerSpec),
  /** Run one after the other before `containers`. */
  init: z.array(containerSpec),
  restartPolicy,
  constraints: z.array(constraint),
  stopGraceSeconds: count,
  /** "linux/amd64"; null: any node. */
  platform: text.nullable(),
});

export const reason = z.object({ code: z.enum(reasonCodes), message: text });

/** The newest run that ended badly, with the end of what its container had written by then. */
export const lastFailure = z.object({
  finishedAt: timeText.nullable(),
  exitCode: z.int().nullable(),
  /** Lines of stdout and stderr together, oldest first; empty if it wrote nothing or its log cannot be read. */
  log: z.array(text),
});

/** What the worker last observed of one container. */
export const containerStatus = z.object({
  name: text,
  containerId: text.nullable(),
  exitCode: z.int().nullable(),
  /** True when the kernel killed a process of the container because it reached its memory limit. */
  oomKilled: flag,
  /** Starts after the first. */
  restarts: count,
  publishedPorts: z.array(publishedPort),
  startedAt: timeText.nullable(),
  /** What the engine said, unchanged, when something failed; null if nothing did. */
  error: text.nullable(),
  /** Null if no run has ended badly. Kept when a later run goes well. */
  lastFailure: lastFailure.nullable(),
});

export const observedStatus = z.object({
  status: z.enum(taskStatuses),
  reason,
  /** True when the task runs and passes its readiness checks. */
  ready: flag,
  /** By the clock of the node, or of the master if the task ended without its worker. Null until it has ended. */
  finishedAt: timeText.nullable(),
  /** One for each container that a worker has reported, in the order of the spec. */
  containers: z.array(containerStatus),
});
