// The schemas of a task's spec and of its observed status. The types of spec.ts and status.ts, the check of records that
// come from outside, reports and the OpenAPI description are all derived from these, so that a field is declared once. A
// description stands for the comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { contentReference } from "./content-reference.ts";
import { clearable } from "./option-fields.ts";
import { containerOptions, mountOptions } from "./options.ts";
import { probeOptions } from "./probes.ts";
import { reasonCodes, taskStatuses } from "./reason.ts";

const text = z.string();
const flag = z.boolean();
const count = z.int().min(0);
const amount = z.number().min(0);

const protocol = z.enum(["tcp", "udp", "sctp"]);

export const portSpec = z.object({
  name: text.optional().describe("What the port is for, such as http. Left out if it has no name."),
  hostPort: count.nullable().describe("Null if the engine chooses a free port, which `publishedPorts` then reports."),
  containerPort: count.describe("The port in the container."),
  protocol: protocol.describe("Of the port."),
  hostIp: text.describe(
    "The address of the node on which the port is published; `node`: the one under which other machines reach it.",
  ),
  mode: z
    .enum(["host"])
    .optional()
    .describe("host: a fixed port of the node that runs the replica. Left out for other ports."),
});

export const publishedPort = z.object({
  hostIp: text.describe("The address of the node."),
  hostPort: count.describe("The port on the node."),
  containerPort: count.describe("The port in the container."),
  protocol: protocol.describe("Of the port."),
});

const amountSpec = z.object({
  request: amount.describe("What the scheduler reserves on the node."),
  limit: amount.nullable().describe("What the engine enforces; null: no limit."),
});

export const resources = z.object({
  cpu: amountSpec.describe("In cores."),
  memory: amountSpec.describe("In bytes."),
});

export const mount = z.object({
  type: z
    .enum(["volume", "bind", "tmpfs", "shared"])
    .describe(
      "volume: a volume of the engine; bind: a folder of the node; tmpfs: memory; shared: a folder of the task itself, which its containers share and which is removed with them.",
    ),
  source: text.describe(
    'The name of a volume or of a shared folder, or an absolute path on the node; "" for tmpfs and for a volume without a name.',
  ),
  target: text.describe("An absolute path in the container."),
  readOnly: flag.describe("True when the container cannot write to it."),
  sizeBytes: count.nullable().describe("For tmpfs, in bytes; null for the engine's default."),
  options: mountOptions.optional().describe("What docker's --mount and the modes of -v say beyond that."),
});

export const restartPolicy = z.object({
  mode: z.enum(["never", "on-failure", "always"]).describe("Which ends of the container are followed by a restart."),
  maxRestarts: count.nullable().describe("Restarts before the task fails; null: no limit."),
  backoffInitialMs: count.describe("The wait before the first restart, in ms; each further one doubles it."),
  backoffMaxMs: count.describe("The longest wait before a restart, in ms."),
  resetAfterMs: count.describe(
    "A run of at least this length resets the back-off and the count towards `maxRestarts`.",
  ),
});

const ofLabel = z.literal("label").describe("A condition on a label of the node.");
const labelKey = text.describe("Key of the label.");
const comparison = z.enum(["equals", "not-equals"]).describe("How the value is compared.");

export const constraint = z.union([
  z.object({ type: ofLabel, key: labelKey, operator: comparison, value: text.describe("Value of the label.") }),
  z.object({ type: ofLabel, key: labelKey, operator: z.literal("exists").describe("The label has any value.") }),
  z.object({
    type: z.literal("node").describe("A condition on the node itself."),
    operator: comparison,
    value: text.describe("Name or id of the node."),
  }),
]);

/** How far another container of the task must be. */
export const dependencies = ["started", "healthy", "completed"] as const;

/** One container of a task, as the user asked for it. */
export const containerSpec = z.object({
  name: text.describe("Unique within the task; `main` if the task was given in its short form."),
  image: text.describe("Image of the container, as docker names it."),
  command: z.array(text).describe("Replaces the image's entrypoint; empty: the image's own."),
  args: z.array(text).describe("Replaces the image's arguments (its CMD); empty: the image's own."),
  env: z.record(text, text).describe("Environment variables of the container."),
  ports: z.array(portSpec).describe("Ports that are published on the node."),
  resources: resources.describe("cpu in cores, memory in bytes."),
  mounts: z.array(mount).describe("Volumes, folders of the node and memory that the container sees as folders."),
  user: text.nullable().describe("User in the container, as name, uid or uid:gid; null: that of the image."),
  workingDir: text.nullable().describe("Working directory in the container; null: that of the image."),
  pullPolicy: z.enum(["missing", "always", "never"]).describe("When the node pulls the image before the start."),
  cleared: z
    .array(z.enum(clearable))
    .optional()
    .describe(
      "Those of command and args that were given as an empty list: the container has no entrypoint, or no arguments, in the place of the image's own.",
    ),
  ...containerOptions(count),
  ...probeOptions,
  configs: z.array(contentReference).optional().describe("Configs that the container gets, as files or variables."),
  secrets: z.array(contentReference).optional().describe("Secrets that the container gets, as files or variables."),
  sidecar: flag
    .optional()
    .describe("True: it helps the other containers. It does not keep the task running, and it is stopped after them."),
  dependsOn: z
    .record(text, z.enum(dependencies))
    .optional()
    .describe(
      "Containers of the task that come first: started (it runs), healthy (it runs and is ready) or completed (it has ended with exit code 0).",
    ),
  restartPolicy: restartPolicy.optional().describe("In the place of the restart policy of the task."),
});

/** Where a task is best placed, beside its constraints. A template without any of these does not have it. */
export const placementRules = z.object({
  spread: z
    .array(text)
    .optional()
    .describe(
      "Labels of nodes: the values of the first one get equally many of these tasks, within each those of the next.",
    ),
  maxPerNode: count.optional().describe("Most of these tasks on one node. Left out: no limit."),
  prefer: z
    .array(
      z.object({
        key: text.describe("Key of a label of the node."),
        value: text.describe("The value that is preferred."),
        weight: z.int().describe("Nodes with the largest sum come first. A negative one: such nodes come last."),
      }),
    )
    .optional()
    .describe("Labels that a node had better have. Where no such node fits, the task runs on another one."),
  near: z.array(text).optional().describe("Names of services: only on nodes that run a replica of each."),
  apart: z
    .array(text)
    .optional()
    .describe("Names of services: never on a node with a replica of one of them, nor they beside it."),
});

/** The template of a task: what the user asked for. The system never edits it; tasks with equal templates share one. */
export const taskSpec = z.object({
  labels: z.record(text, text).describe("Labels of the task, and of its container."),
  containers: z.array(containerSpec).describe("At least one."),
  init: z.array(containerSpec).describe("Run one after the other before `containers`."),
  restartPolicy: restartPolicy.describe("When the container is started again after it has ended."),
  constraints: z.array(constraint).describe("What a node must fulfil to get the task."),
  stopGraceSeconds: count.describe("Time between SIGTERM and SIGKILL when the task is stopped."),
  platform: text.nullable().describe('"linux/amd64". Null if the platform of the node does not matter.'),
  placement: placementRules.optional().describe("Where it is best placed; left out if nothing was said."),
  priority: z
    .int()
    .optional()
    .describe(
      "Tasks with a higher one are placed first, and may take the place of those with a lower one. Left out: 0.",
    ),
});

const packedContainer = containerSpec.partial().required({ image: true });

/** A template as the log writes it: without the fields that hold the default. */
export const packedSpec = taskSpec.partial().extend({
  containers: z
    .array(packedContainer)
    .min(1, { error: "a list with at least one container" })
    .describe("At least one."),
  init: z.array(packedContainer).optional().describe("Run one after the other before `containers`."),
});

export const reason = z.object({
  code: z.enum(reasonCodes).describe("For programs."),
  message: text.describe("For people: a sentence with numbers."),
});

/** The newest run that ended badly, with the end of what its container had written by then. */
export const lastFailure = z.object({
  finishedAt: timeText.nullable().describe("By the clock of the node; null if it is not known."),
  exitCode: z.int().nullable().describe("Null if it is not known."),
  log: z
    .array(text)
    .describe(
      "Lines of stdout and stderr together, oldest first; empty if it wrote nothing or its log cannot be read.",
    ),
});

/** What the worker last observed of one container. */
export const containerStatus = z.object({
  name: text.describe("Name of the container within the task."),
  containerId: text.nullable().describe("Id of the container at the engine. Null until it is created."),
  exitCode: z.int().nullable().describe("Of the last run. Null until a run has ended, or if it is not known."),
  oomKilled: flag.describe(
    "True when the kernel killed a process of the container because it reached its memory limit.",
  ),
  restarts: count.describe("Starts after the first."),
  requestedRestarts: count.describe("Restarts on request that are done, or that a later one made up for."),
  publishedPorts: z.array(publishedPort).describe("Ports as the engine has published them."),
  startedAt: timeText
    .nullable()
    .describe("Start of the last run, by the clock of the node. Null until it has started."),
  error: text.nullable().describe("What the engine said, unchanged, when something failed; null if nothing did."),
  lastFailure: lastFailure.nullable().describe("Null if no run has ended badly. Kept when a later run goes well."),
  status: z.enum(taskStatuses).optional().describe("How far the container is. Only for a task of several containers."),
  reason: reason.optional().describe("Why the container has its status. Only for a task of several containers."),
  ready: flag.optional().describe("True when the container runs and is ready. Only for a task of several containers."),
});

/** What users have asked of a task beyond its template. */
export const taskRequests = z.object({
  graceSeconds: count
    .nullable()
    .describe("Time before SIGKILL of the stop or restart that was asked for last; null: `stopGraceSeconds`."),
  remove: flag.describe("True when the record is to be removed as soon as the task has ended."),
  restarts: count.describe("How often a restart was asked for; `requestedRestarts` says how many of them are done."),
  restartedBy: text.nullable().describe("Who asked for the last restart. Null if none was asked for."),
  replace: flag.optional().describe("True when another task takes its place after it was stopped."),
  preempted: z
    .object({
      by: text.describe("Id of the task that gets the capacity."),
      name: text.describe("Its name."),
      priority: z.int().describe("Its priority."),
    })
    .optional()
    .describe("Set when the task is stopped to free capacity for one with a higher priority."),
  moveTo: text.optional().describe("The node on which another replica is to take its place."),
  drainUntil: timeText.optional().describe("When a replica that gets no new traffic is stopped."),
  drainMs: amount.optional().describe("How long that is after its last new traffic, in ms."),
  restartAskedAt: timeText
    .optional()
    .describe(
      "When the last restart was asked for. It tells apart requests that have one number, before and after a restore.",
    ),
});

export const taskOwner = z.object({
  kind: text.describe("service or job."),
  id: text.describe("Id of the service or the job."),
  revision: count.optional().describe("The revision of the service that the task is made from."),
  slot: text.optional().describe("Which of the replicas it is, or which index of the job it runs."),
  failures: count.optional().describe("Tasks of this slot that had failed in a row before."),
  revisedAt: timeText
    .optional()
    .describe("When it got its revision, if that was while it ran: its files changed. By the master's clock."),
  restarts: count.optional().describe("Its restarts until then, without those that were asked for."),
  nodeId: text
    .optional()
    .describe("The node whose slot it is, for a replica of a global service: it runs there or nowhere."),
});

export const observedStatus = z.object({
  status: z.enum(taskStatuses).describe("How far the task is. A status only moves forward."),
  reason: reason.describe("Why the task has its status."),
  ready: flag.describe("True while the task runs and its probes have passed; without probes, while it runs."),
  finishedAt: timeText
    .nullable()
    .describe(
      "By the clock of the node, or of the master if the task ended without its worker. Null until it has ended.",
    ),
  containers: z
    .array(containerStatus)
    .describe("One for each container that a worker has reported, in the order of the first reports."),
});
