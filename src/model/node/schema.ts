// The schemas of a node's record and of what the API shows of it. The types of node.ts, the check of records that come from
// outside and the OpenAPI description are derived from these, so that a field is declared once. A description stands for
// the comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { nodeIdPattern } from "../ids.ts";

const text = z.string();
const count = z.int().min(0);
const amount = z.number().min(0);

export const engine = z.object({
  name: text.describe('"docker", "podman"'),
  version: text.describe("Of the engine."),
  os: text.describe('"linux"'),
  arch: text.describe('As Docker names platforms: "amd64", "arm64".'),
});

/**
 * Why an online node gets no new tasks: its connection broke and its grace period runs; it sends no heartbeats while most
 * nodes send none, which points at the master's own network; or it sends none and is about to be lost.
 */
export const suspicion = z.object({
  code: z.enum(["connection-broken", "mass-silence", "silent"]).describe("For programs."),
  message: text.describe("For people."),
  since: timeText.describe("By the clock of the master."),
});

export const flapping = z.object({
  losses: count.describe("Losses that counted when it was lost last."),
  lostAt: timeText.describe("When it was lost last, by the clock of the master."),
  steadyUntil: timeText
    .nullable()
    .describe("While damped: the time until which the node must stay online to count as steady. Null if not damped."),
  steadyMs: count.describe("Length of that period in ms; 0 if it is not damped. Doubles with each loss."),
});

export const draining = z.object({
  since: timeText.describe("By the clock of the master."),
  deadlineAt: timeText.describe("When the tasks that are left are stopped."),
  by: text.describe("Who asked for it, as declared."),
});

export const policy = z.object({
  binds: z.array(text).describe("Folders and files of the node that containers may mount, with all below them."),
  privileged: z
    .boolean()
    .describe(
      "Privileged containers, further capabilities, other security options, volumes with a driver of their own, log drivers that send.",
    ),
  hostNetwork: z.boolean().describe("Containers in the network of the node."),
  devices: z.boolean().describe("Devices of the node."),
});

const featuresOfWorker = z
  .array(text)
  .describe(
    "The options of containers that its worker knows, beyond those of release 0.1.0. Left out if there are none.",
  );
const policyOfWorker = policy.describe(
  "What its administrator allows to containers. Left out if everything is allowed that the engine can do.",
);

const drainingNode = draining.describe(
  "The node is being drained: it gets no new tasks, and its tasks leave it. Left out if it is not.",
);
const labelsOfUsers = z
  .record(text, text)
  .describe("The labels that users set. They stay when the worker registers again. Left out if there are none.");
const labelsOfWorker = z
  .record(text, text)
  .describe("The labels that the worker declares. Left out if users set none: then `labels` has them.");

export const nodeRecord = z.object({
  nodeId: z
    .string()
    .regex(nodeIdPattern, { error: "a node id" })
    .describe("Id of the node, from its first registration."),
  hostname: text.describe("Name of the node."),
  port: count.describe("Port of the worker's own HTTP server."),
  address: text.describe("Host name or IP address under which the master reaches that server."),
  capacity: count.describe("Largest number of tasks at once."),
  cpu: amount.describe("Cores; 0 if the worker did not say, which means no limit."),
  memory: count.describe("Bytes; 0 if the worker did not say, which means no limit."),
  labels: z
    .record(text, text)
    .describe("What constraints see: the labels that the worker declares, and over them those that users set."),
  userLabels: labelsOfUsers.nullable(),
  workerLabels: labelsOfWorker.nullable(),
  status: z.enum(["online", "offline"]).describe("online: its worker sends heartbeats. offline: it is lost."),
  schedulable: z.boolean().describe("False when cordoned."),
  suspect: suspicion
    .nullable()
    .describe(
      "Why the node gets no new tasks although it is online. Null if it sends heartbeats as it should, or is offline.",
    ),
  flapping: flapping
    .nullable()
    .describe(
      "Recent losses of the node. Until steadyUntil it gets tasks only if no steady node fits (damped). A period without a loss forgives one loss.",
    ),
  draining: drainingNode.nullable(),
  engine: engine.nullable().describe("Null until the engine has answered."),
  engineError: text.nullable().describe("What the worker says while its engine does not answer; null if it answers."),
  version: text.describe("Release of the worker."),
  instance: text
    .nullable()
    .describe(
      "The process of the worker that has this node. Null for a worker of 0.1.0, and for a node without a worker.",
    ),
  askedHostname: text
    .nullable()
    .describe("The host name that the worker asked for, if another node had it. Null if it got the name it asked for."),
  features: featuresOfWorker.nullable(),
  policy: policyOfWorker.nullable(),
  registeredAt: timeText.describe("Time of the first registration, by the clock of the master."),
  offlineSince: timeText
    .nullable()
    .describe("Since when it is lost, by the clock of the master. Null if it is online, or was lost by release 0.1.0."),
  unconfirmed: z
    .boolean()
    .optional()
    .describe("True when the node is known from a backup and has not registered since: its fields may be out of date."),
});

/** As the log writes it, without the fields that hold the default. */
export const packedNode = nodeRecord.partial({
  userLabels: true,
  workerLabels: true,
  suspect: true,
  flapping: true,
  draining: true,
  instance: true,
  askedHostname: true,
  features: true,
  policy: true,
  offlineSince: true,
});

/** What the master counts and measures: not in the record. */
export const nodeUse = z.object({
  runningTasks: count.describe("Tasks that take capacity: scheduled and running."),
  used: z
    .object({ cpu: amount.describe("Cores."), memory: count.describe("Bytes.") })
    .describe("Sum of their requests: cores and bytes."),
  lastHeartbeat: timeText.nullable().describe("Null if there was none since the master started."),
});

/** What the API shows. One field of the record has another name there, and one is the master's own. */
export const nodeView = z
  .object({
    ...nodeRecord.omit({
      ...{ unconfirmed: true, userLabels: true, workerLabels: true, instance: true, askedHostname: true },
      ...{ features: true, policy: true, draining: true, offlineSince: true },
    }).shape,
    draining: drainingNode.optional(),
    features: featuresOfWorker.optional(),
    policy: policyOfWorker.optional(),
    userLabels: labelsOfUsers.optional(),
    workerLabels: labelsOfWorker.optional(),
    askedHostname: text
      .optional()
      .describe("The host name that the worker asked for, if another node had it; else left out."),
    offlineSince: timeText.optional().describe("Since when it is lost; left out if it is online."),
    unheard: z
      .boolean()
      .optional()
      .describe("True for a node that is known from a backup and has not registered since; else usually left out."),
    ...nodeUse.shape,
  })
  .describe("A machine with a container engine and a worker.");
