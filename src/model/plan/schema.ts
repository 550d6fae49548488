// What a plan says, and the outcome of commands that two plans are compared by. The types of plan.ts, the check of an expected
// outcome in a request and the API description are made from these schemas.

import { z } from "zod";
import { limits } from "../limits.ts";

const text = z.string();
const count = z.int().min(0);
const ms = z.number().min(0);

export const plannedKinds = ["create", "update", "remove"] as const;

const outcomeField = z.strictObject({
  field: text.max(4096).describe("Where in the record, such as template.containers[0].image."),
  from: text.max(limits.outcomeTextLength).describe("The value before as text; none: it had no value."),
  to: text.max(limits.outcomeTextLength).describe("The value afterwards."),
});

const outcomeRecord = z.strictObject({
  kind: text.max(64).describe("service, node, job, schedule, volume, config, secret or another kind of record."),
  name: text.max(limits.imageLength).describe("Name of the record."),
  change: z.enum(plannedKinds).describe("What becomes of the record."),
  revision: z
    .int()
    .nullable()
    .describe("Of a service, or the version of a content, before the change. Null if there is none."),
  by: text.max(limits.nameLength * 4).describe("Who made that revision or version; empty if that is not known."),
  fields: z.array(outcomeField).max(limits.outcomeFields).describe("What changes, by field."),
});

const outcomePlacement = z.strictObject({
  task: text.max(limits.imageLength).describe("Name of the task, such as web.4."),
  node: text.max(limits.imageLength).describe("Name of its node."),
});

export const outcome = z
  .strictObject({
    digest: z
      .string()
      .regex(/^[0-9a-f]{16}$/, { error: "16 hexadecimal digits" })
      .describe("A short name for `records`: equal outcomes have equal ones."),
    records: z.array(outcomeRecord).max(limits.outcomeRecords).describe("By kind and name, without ids and times."),
    placements: z
      .array(outcomePlacement)
      .max(limits.outcomePlacements)
      .optional()
      .describe(
        "Where the tasks run that are placed at once, by name. Left out of an expected outcome: the nodes do not matter.",
      ),
  })
  .describe("What commands change, so that it can be compared with what they would change at another time.");

/** A field of requests. */
export const expectedOutcome = outcome
  .optional()
  .describe(
    "The outcome that a plan of this request has. If the request would do anything else now, it is refused: plan-drifted. Without `placements` the nodes do not matter.",
  );

export const serviceActions = ["create", "update", "replace", "remove", "unchanged"] as const;
export const serviceEnds = ["serves", "canary", "paused", "waits", "failing", "unfinished", "removed"] as const;

const plannedService = z.object({
  name: text.describe("Name of the service."),
  action: z
    .enum(serviceActions)
    .describe(
      "create, update (the service changes), replace (it stays as it is, and replicas of it get another node), remove, or unchanged.",
    ),
  order: z
    .enum(["start-first", "stop-first"])
    .nullable()
    .describe("Whether a new replica starts before the old one stops. Null: no replica is replaced by a rollout."),
  why: text.describe("Why in this order; empty if there is none."),
  changes: z.array(text).describe("What changes, a text for each field."),
  replicas: z
    .object({ before: count.describe("Wanted before."), after: count.describe("Wanted afterwards.") })
    .describe("How many replicas are wanted."),
  starts: count.describe("Replicas that are started."),
  stops: count.describe("Replicas that are stopped."),
  inPlace: count.describe("Replicas that get the new revision while they run."),
  end: z
    .enum(serviceEnds)
    .describe(
      "How far it is at the end of the plan. canary, paused: a person must go on. waits: replicas of it find no node. unfinished: the plan ends before.",
    ),
  downMs: ms.describe("How long no replica of it serves meanwhile, in ms. 0 for a new service."),
  estimatedMs: ms.nullable().describe("Time until then, in ms. Null: not known."),
});

const plannedNode = z.object({
  hostname: text.describe("Name of the node."),
  add: z.array(text).describe("Tasks that it gets."),
  remove: z.array(text).describe("Tasks that leave it or end there."),
  replace: z.array(text).describe("Tasks that are replaced by another one of the same name on the same node."),
});

const plannedStep = z.object({
  afterMs: ms.describe("Time from the start, in ms."),
  text: text.describe("What happens then."),
});

export const plan = z
  .object({
    revision: count.describe("Of the state that it was made from."),
    until: z.enum(["placed", "settled"]).describe("How far it goes: the first decision, or until all is done."),
    isComplete: z.boolean().describe("False: its limit of time or of work was reached before all was done."),
    hasChanges: z.boolean().describe("False: there is nothing to do."),
    services: z.array(plannedService).describe("By name."),
    others: z.array(outcomeRecord).describe("Records of other kinds that change, by kind and name."),
    nodes: z.array(plannedNode).describe("Nodes of which tasks come or go, by name."),
    warnings: z.array(text).describe("What a person should know, as sentences."),
    steps: z.array(plannedStep).describe(`What happens one after the other: the first ${limits.planSteps} steps.`),
    stepCount: count.describe("How many steps there are."),
    estimatedMs: ms.nullable().describe("Time until all is done, in ms. Null: not known."),
    outcome,
  })
  .describe("What a command would change, tried on a copy of the state.");
