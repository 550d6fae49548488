// Checks packed records that come from outside (a backup), and says in words what is wrong with one. Loaded only for a
// restore: records that the journal itself has written are not checked again.

import { z } from "zod";
import { strategies } from "../cluster/cluster.ts";
import { timeText } from "../fields.ts";
import { nodeIdPattern, taskIdPattern } from "../ids.ts";
import { nodeRecord as node } from "../node/schema.ts";
import { isFinished, isPlaced } from "../task/reason.ts";
import { containerSpec, containerStatus, observedStatus, taskSpec } from "../task/schema.ts";
import { desiredStates, type PackedTask, unpackTask } from "../task/task.ts";

const count = z.int().min(0);
const text = z.string();
const taskId = z.string().regex(taskIdPattern, { error: "a task id" });
const nodeId = z.string().regex(nodeIdPattern, { error: "a node id" });

export const clusterRecord = z.object({
  clusterId: text.min(1, { error: "a text that is not empty" }),
  epoch: count,
  strategy: z.enum(strategies),
});

export const nodeRecord = node.partial({ suspect: true, flapping: true });

const packedContainer = containerSpec.partial().required({ image: true });

const taskShape = z.object({
  taskId,
  name: text,
  createdAt: timeText,
  spec: taskSpec.partial().extend({
    containers: z.array(packedContainer).min(1, { error: "a list with at least one container" }),
    init: z.array(packedContainer).optional(),
  }),
  owner: z.object({ kind: text, id: text }).nullable().optional(),
  desired: z.enum(desiredStates).optional(),
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

/** Null if the record is valid, else what is wrong with it: "has a field x that is not a y". */
export function checkWith(schema: z.ZodType): (packed: unknown) => string | null {
  return (packed) => {
    const parsed = schema.safeParse(packed);
    return parsed.success ? null : sentence(parsed.error.issues[0]!);
  };
}

function sentence({ path, ...issue }: z.core.$ZodIssue): string {
  const field = path.map(String).join(".");
  if (field === "" && issue.code === "custom") return `is ${issue.message}`;
  return field === "" ? `is not ${expected(issue)}` : `has a field ${field} that is not ${expected(issue)}`;
}

function expected(issue: Omit<z.core.$ZodIssue, "path">): string {
  const { code } = issue;
  if (code === "invalid_type") {
    const type = (issue as z.core.$ZodIssueInvalidType).expected;
    return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
  }
  if (code === "invalid_value") return `one of ${(issue as z.core.$ZodIssueInvalidValue).values.join(", ")}`;
  if (code === "too_small") return "a number from 0";
  return code === "invalid_union" ? "of a known form" : issue.message;
}
