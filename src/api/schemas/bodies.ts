// The bodies of requests, by their names in openapi.json. Operations name them, so that a client does not load them.

import { z } from "zod";
import { hostNameLength, hostNamePattern } from "../../lib/ip-address.ts";
import { appInput } from "../../model/app/app-input.ts";
import { contentInput, contentUpdate } from "../../model/config/content-input.ts";
import { credentialInput } from "../../model/credential/credential-input.ts";
import {
  absolutePath,
  choice,
  cpu,
  flag,
  freeText,
  integer,
  labelKeyField,
  labels,
  list,
  memory,
  text,
  timeSpan,
} from "../../model/fields.ts";
import { nodeIdPattern } from "../../model/ids.ts";
import { jobInput } from "../../model/job/job-input.ts";
import { limits } from "../../model/limits.ts";
import { planInput } from "../../model/plan/plan-input.ts";
import { scheduleInput } from "../../model/schedule/schedule-input.ts";
import { serviceInput } from "../../model/service/service-input.ts";
import { podInput, podReport } from "../../model/task/pod-input.ts";
import { reasonCodes, taskStatuses } from "../../model/task/reason.ts";
import type { ContainerStatus, ObservedStatus, podStatusFields } from "../../model/task/status.ts";
import { taskInput } from "../../model/task/task-input.ts";
import { volumeInput, volumeUpdate } from "../../model/volume/volume-input.ts";

const timestamp = z.iso.datetime({ error: "an ISO 8601 time in UTC such as 2025-01-19T12:34:56.000Z" });

const reason = z.strictObject({
  code: choice(reasonCodes),
  message: freeText(limits.reasonLength),
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
} satisfies Record<Exclude<keyof ContainerStatus, "name" | PodStatusField>, z.ZodType>;
type PodStatusField = (typeof podStatusFields)[number];

/** Beside these, for one of several containers. */
const oneOfSeveral = {
  status: choice(taskStatuses).optional().describe("How far the container is."),
  reason: reason.optional().describe("Why the container has its status."),
  ready: flag.optional().describe("True when the container runs and is ready."),
} satisfies Record<PodStatusField, z.ZodType>;

/** The fields of a task's status, beside those of its containers. */
const statusFields = {
  status: choice(taskStatuses),
  reason: reason.optional(),
  ready: flag
    .optional()
    .describe(
      "True while the task runs and its probes have passed; left out: as it is, or true when it begins to run.",
    ),
  finishedAt: timestamp.nullable().optional(),
} satisfies Record<Exclude<keyof ObservedStatus, "containers">, z.ZodType>;

const taskReport = z
  .strictObject({
    ...statusFields,
    nodeId: z.string().max(64).optional().describe("The node that reports; refused if the task is placed elsewhere."),
    ...containerFields,
    containers: list(
      z.strictObject({
        name: freeText(limits.nameLength).describe("Name of the container within the task."),
        ...containerFields,
        ...oneOfSeveral,
      }),
      2 * limits.containerCount,
    )
      .optional()
      .describe("For a task of several containers: the fields of each, in place of those beside the status."),
  })
  .meta({
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
const host = text(hostNamePattern, hostNameLength, "a host name or an IP address");

const nodePolicy = z.strictObject({
  binds: list(absolutePath, limits.optionCount).default([]),
  privileged: flag.default(false),
  hostNetwork: flag.default(false),
  devices: flag.default(false),
});

const nodeRegistration = z
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
    description: "A node as its worker describes it. Only hostname and port are required.",
    examples: [{ hostname: "n1", port: 8081, cpu: 4, memory: "8Gi", labels: { disk: "ssd" } }],
  });

const nodeLabels = z
  .strictObject({
    set: labels.default({}).describe("Labels to set; they win over those of the worker."),
    remove: list(labelKeyField, limits.labelCount)
      .default([])
      .describe("Keys of labels that users have set; the worker's own value of a key counts again."),
  })
  .meta({
    description: "Labels of a node to set and to take back. Both may be left out.",
    examples: [{ set: { zone: "a" }, remove: ["rack"] }],
  });

const nodeDrain = z
  .strictObject({
    deadlineMs: timeSpan(0, limits.drainDeadlineMs, "30s or 10m")
      .default(limits.drainDeadlineDefaultMs)
      .describe("Tasks that are left after this time are stopped. Default: 10 min; 0: at once."),
  })
  .meta({
    description: "How long a node may take to become empty. Without a body: 10 minutes.",
    examples: [{ deadlineMs: 600_000 }],
  });

const heartbeat = z
  .strictObject({
    engine: engineInfo.nullable().optional(),
    engineError: freeText(limits.messageLength).nullable().optional(),
  })
  .meta({
    description: "News about the node's engine. A heartbeat without news has no body, or an empty object.",
    examples: [{ engineError: null }],
  });
export type Heartbeat = z.output<typeof heartbeat>;

export const bodies = {
  TaskInput: taskInput,
  TaskReport: taskReport,
  PodInput: podInput,
  PodReport: podReport,
  ServiceInput: serviceInput,
  JobInput: jobInput,
  VolumeInput: volumeInput,
  VolumeUpdate: volumeUpdate,
  ContentInput: contentInput,
  ContentUpdate: contentUpdate,
  ScheduleInput: scheduleInput,
  CredentialInput: credentialInput,
  AppInput: appInput,
  NodeRegistration: nodeRegistration,
  NodeLabelsInput: nodeLabels,
  NodeDrainInput: nodeDrain,
  HeartbeatInput: heartbeat,
  PlanInput: planInput,
} as const;
export type Bodies = typeof bodies;
