// The schema of a task's packed record, from the schemas of spec and status: the check of records that come from outside.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { nodeIdPattern, taskIdPattern } from "../ids.ts";
import { isFinished, isPlaced } from "./reason.ts";
import { containerStatus, observedStatus, packedSpec, taskOwner, taskRequests } from "./schema.ts";
import { desiredStates, type PackedTask, unpackTask } from "./task.ts";

const count = z.int().min(0);
const text = z.string();
const taskId = z.string().regex(taskIdPattern, { error: "a task id" });
const nodeId = z.string().regex(nodeIdPattern, { error: "a node id" });

const taskShape = z.object({
  taskId,
  name: text,
  createdAt: timeText,
  spec: packedSpec,
  owner: taskOwner.nullable().optional(),
  desired: z.enum(desiredStates).optional(),
  requests: taskRequests.nullable().optional(),
  placement: z.object({ nodeId, at: timeText, revision: count }).nullable().optional(),
  observed: observedStatus
    .partial()
    .extend({ containers: z.array(containerStatus.partial()).optional() })
    .optional(),
  ended: z.object({ at: timeText, revision: z.int() }).nullable().optional(),
  replaces: taskId.nullable().optional(),
  replacedBy: taskId.nullable().optional(),
  idempotency: z.object({ key: text, fingerprint: text }).nullable().optional(),
});

/** Beyond its shape: what its status requires. */
export const taskRecord = taskShape.superRefine((packed, context) => {
  const { observed, placement, ended } = unpackTask(packed as unknown as PackedTask);
  const { status, finishedAt } = observed;
  const wrong = (message: string) => context.addIssue({ code: "custom", message });
  if (isPlaced(status) && placement === null) wrong(`${status}, on no node`);
  if (isFinished(status) && (finishedAt === null || ended === null)) wrong(`${status}, with no time of its end`);
});
