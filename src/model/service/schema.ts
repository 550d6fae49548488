// The schemas of services and their revisions: the check of records that come from outside, and the API description. A
// description stands for the comment: openapi.json shows it.

import { z } from "zod";
import { dependsOn, waitsFor } from "../dependency/schema.ts";
import { timeText } from "../fields.ts";
import { packedSpec, publishedPort } from "../task/schema.ts";

const text = z.string();
const flag = z.boolean();
const count = z.int().min(0);
const ms = z.number().min(0);
const revision = z.int().min(1);

export const rolloutOrders = ["auto", "start-first", "stop-first"] as const;
export const failureActions = ["rollback", "pause", "continue"] as const;
export const serviceReasons = [
  "created", //      nothing was decided yet
  "deploying", //    a rollout is under way
  "canary", //       the canaries run; promote goes on
  "steady", //       every replica is there
  "paused",
  "rolled-back", //  the newest revision failed, and the one before serves
  "failing", //      replicas of the only revision do not stay up
  "selecting", //    it owns no replicas: tasks with its labels are its endpoints
] as const;

export const rolloutPolicy = z.object({
  parallelism: count.describe("Slots that are replaced at a time."),
  delayMs: ms.describe("The pause between two steps, in ms."),
  maxSurge: count.describe("Replicas beyond the wanted number while a rollout starts new ones first."),
  maxUnavailable: count
    .nullable()
    .describe("Replicas that may be missing during a rollout; null: 0, and 1 where old ones are stopped first."),
  order: z.enum(rolloutOrders).describe("Whether the new replica of a slot starts before the old one stops."),
  minReadyMs: ms.describe("How long a new replica must run before it takes the place of an old one, in ms."),
  monitorMs: ms.describe("How long the new replicas must stay up before the rollout is done, in ms."),
  deadlineMs: ms.describe("A rollout that takes longer has failed, in ms."),
  maxFailures: count.describe("Failed replicas that a rollout bears."),
  onFailure: z.enum(failureActions).describe("What becomes of a rollout that fails."),
  canary: count.describe("Slots that get the new revision before someone promotes it; 0: no canaries."),
  drainMs: ms.describe("Time between the end of new traffic and the stop of a replica, in ms."),
});

export const rollout = z.object({
  from: revision.nullable().describe("The revision before; null for the first."),
  to: revision.describe("The revision that every replica gets."),
  order: z.enum(["start-first", "stop-first"]).describe("What `auto` stands for here, or what was asked for."),
  why: text.describe("Why old replicas are stopped first, or what the rollout is for."),
  isRollback: flag.describe("True when it goes back to an earlier revision because the newer one failed."),
  startedAt: timeText.describe("By the master's clock."),
  deadlineAt: timeText.describe("When it ends at the latest."),
  nextAt: timeText.nullable().describe("When the next step may begin; null: at once."),
  settledAt: timeText.nullable().describe("Since when every replica is there; null: not yet."),
  failures: count.describe("Replicas of the new revision that ended by themselves."),
  promoted: flag.describe("True when more slots than the canaries may get the new revision."),
});

const mode = z
  .union([
    z.object({
      type: z.literal("replicated").describe("A number of replicas."),
      replicas: count.describe("How many replicas are wanted."),
    }),
    z.object({ type: z.literal("global").describe("One on each node that fits, also on nodes that join later.") }),
    z.object({ type: z.literal("selector").describe("None of its own: tasks with the labels of `selector`.") }),
  ])
  .describe("How many replicas there are, and where.");

const labels = z.record(text, text);

/** A port of a service with a selector. */
const servicePort = z.object({
  name: text.optional().describe("Left out if it has none."),
  port: z.int().min(1).describe("As clients of the service name it."),
  targetPort: z.int().min(1).describe("The port in the container."),
  protocol: publishedPort.shape.protocol,
});

/** Only a service with a selector has them. */
const selectorFields = {
  selector: labels
    .optional()
    .describe("Tasks with all of these labels are its endpoints. Left out if it has replicas."),
  namespace: text.optional().describe("The namespace of the tasks that it selects. Left out if it has replicas."),
  ports: z
    .array(servicePort)
    .optional()
    .describe(
      "The ports of its endpoints. Left out: all that the tasks publish. A service with replicas has its own in `template`.",
    ),
  labels: labels.optional().describe("Labels of a service with a selector. Left out if it has none."),
  annotations: labels
    .optional()
    .describe("What is noted with a service with a selector. Left out if there is nothing."),
};

export const service = z.object({
  serviceId: text.describe("Unique; never used again."),
  name: text.describe("Unique among services."),
  mode,
  target: count.describe("The revision that is wanted. 0: it has none, but a selector."),
  stable: revision.nullable().describe("The newest revision of which every replica stayed up; null: none yet."),
  newest: count.describe("The highest revision number that was given; 0: none."),
  policy: rolloutPolicy.describe("How a change is rolled out."),
  rollout: rollout.nullable().describe("The rollout under way; null if there is none."),
  paused: flag.describe("True when the rollout stays where it is, until it is resumed or another change is applied."),
  createdAt: timeText.describe("By the master's clock."),
  reason: z
    .object({
      code: z.enum(serviceReasons).describe("For programs."),
      message: text.describe("For people."),
      failedRevision: revision
        .optional()
        .describe("The revision whose rollout has failed. Left out: the reason is not that one has."),
    })
    .describe("How far the service is, and why."),
  network: z
    .object({ app: text.describe("The app whose tasks reach it.") })
    .optional()
    .describe("It has a virtual address in the network of the cluster. Left out: its template asks for none."),
  ...{ dependsOn, waitsFor },
  startedAfter: z
    .object({
      revision: revision.describe("The revision of this service."),
      of: z.record(text, revision).describe("The revisions of the others, by name."),
    })
    .optional()
    .describe(
      "What the services that it is restarted after were, when its newest revision was made. Left out: there are none.",
    ),
  ...selectorFields,
});

export const resolvedImage = z.object({
  image: text.describe("The image as the template names it."),
  digest: text.nullable().describe("What its tag stood for: sha256:...; null: not pinned."),
  why: text.describe("Why it is not pinned; empty if it is."),
});

/** What a service was to be at one time. It never changes. */
export const revisionRecord = z.object({
  serviceId: text.describe("The service."),
  number: revision.describe("Counts from 1."),
  spec: packedSpec.describe("The template, without the fields that hold the default."),
  by: text.describe("Who asked for it, as declared."),
  at: timeText.describe("By the master's clock."),
  note: text.describe("What it is for; empty if nothing was said."),
  images: z
    .array(resolvedImage)
    .optional()
    .describe("What the tags of its images stood for when it was made. Left out: no tag was looked up."),
  restarted: revision
    .optional()
    .describe("The newest revision up to this one that was to start every replica again. Left out: none."),
});
