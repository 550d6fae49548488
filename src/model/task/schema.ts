// The schemas of a task's spec and of its observed status. The types of spec.ts and status.ts, the check of records that
// come from outside, reports and the OpenAPI description are all derived from these, so that a field is declared once. A
// description stands for the comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { reasonCodes, taskStatuses } from "./reason.ts";

const text = z.string();
const flag = z.boolean();
const count = z.int().min(0);
const amount = z.number().min(0);

const protocol = z.enum(["tcp", "udp"]);

export const portSpec = z.object({
  hostPort: count.nullable().describe("Null if the engine chooses a free port, which `publishedPorts` then reports."),
  containerPort: count,
  protocol,
  hostIp: text,
});

export const publishedPort = z.object({ hostIp: text, hostPort: count, containerPort: count, protocol });

/** Request is what the scheduler sets aside; limit is what the engine enforces (null: no limit). */
const amountSpec = z.object({ request: amount, limit: amount.nullable() });

export const resources = z.object({ cpu: amountSpec, memory: amountSpec });

export const mount = z.object({
  type: z.enum(["volume", "bind", "tmpfs"]),
  source: text.describe('A volume\'s name or an absolute path on the node; "" for tmpfs.'),
  target: text.describe("An absolute path in the container."),
  readOnly: flag,
  sizeBytes: count.nullable().describe("For tmpfs, in bytes; null for the engine's default."),
});

export const restartPolicy = z.object({
  mode: z.enum(["never", "on-failure", "always"]),
  maxRestarts: count.nullable().describe("Restarts before the task fails; null: no limit."),
  backoffInitialMs: count,
  backoffMaxMs: count,
  resetAfterMs: count.describe(
    "A run of at least this length resets the back-off and the count towards `maxRestarts`.",
  ),
});

export const constraint = z.union([
  z.object({ type: z.literal("label"), key: text, operator: z.enum(["equals", "not-equals"]), value: text }),
  z.object({ type: z.literal("label"), key: text, operator: z.literal("exists") }),
  z.object({ type: z.literal("node"), operator: z.enum(["equals", "not-equals"]), value: text }),
]);

/** One container of a task, as the user asked for it. */
export const containerSpec = z.object({
  name: text.describe("Unique within the task; `main` if the task was given in its short form."),
  image: text,
  command: z.array(text).describe("Replaces the image's entrypoint; empty: the image's own."),
  args: z.array(text).describe("Replaces the image's arguments (its CMD); empty: the image's own."),
  env: z.record(text, text),
  ports: z.array(portSpec),
  resources: resources.describe("cpu in cores, memory in bytes."),
  mounts: z.array(mount),
  user: text.nullable(),
  workingDir: text.nullable(),
  pullPolicy: z.enum(["missing", "always", "never"]),
});

/** The template of a task: what the user asked for. The system never edits it; tasks with equal templates share one. */
export const taskSpec = z.object({
  labels: z.record(text, text),
  containers: z.array(containerSpec).describe("At least one."),
  init: z.array(containerSpec).describe("Run one after the other before `containers`."),
  restartPolicy,
  constraints: z.array(constraint),
  stopGraceSeconds: count,
  platform: text.nullable().describe('"linux/amd64". Null if the platform of the node does not matter.'),
});

export const reason = z.object({ code: z.enum(reasonCodes), message: text });

/** The newest run that ended badly, with the end of what its container had written by then. */
export const lastFailure = z.object({
  finishedAt: timeText.nullable(),
  exitCode: z.int().nullable(),
  log: z
    .array(text)
    .describe(
      "Lines of stdout and stderr together, oldest first; empty if it wrote nothing or its log cannot be read.",
    ),
});

/** What the worker last observed of one container. */
export const containerStatus = z.object({
  name: text,
  containerId: text.nullable(),
  exitCode: z.int().nullable(),
  oomKilled: flag.describe(
    "True when the kernel killed a process of the container because it reached its memory limit.",
  ),
  restarts: count.describe("Starts after the first."),
  publishedPorts: z.array(publishedPort),
  startedAt: timeText.nullable(),
  error: text.nullable().describe("What the engine said, unchanged, when something failed; null if nothing did."),
  lastFailure: lastFailure.nullable().describe("Null if no run has ended badly. Kept when a later run goes well."),
});

export const observedStatus = z.object({
  status: z.enum(taskStatuses),
  reason,
  ready: flag.describe("True when the task runs and passes its readiness checks."),
  finishedAt: timeText
    .nullable()
    .describe(
      "By the clock of the node, or of the master if the task ended without its worker. Null until it has ended.",
    ),
  containers: z
    .array(containerStatus)
    .describe("One for each container that a worker has reported, in the order of the first reports."),
});
