// The schema of a task as the API shows it, from the schemas of spec and status: a field that is added there belongs to the
// view, and view.ts does not compile without it. The description in openapi.json is made from this schema.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { nodeIdPattern, taskIdPattern } from "../ids.ts";
import { containerSpec, containerStatus, observedStatus, taskSpec } from "./schema.ts";
import { desiredStates } from "./task.ts";

const taskId = z.string().regex(taskIdPattern);
const otherTask = taskId.nullable();

export const taskView = z.object({
  taskId,
  name: z.string(),
  ...containerSpec.omit({ name: true }).shape,
  ...taskSpec.omit({ containers: true, init: true }).shape,
  desired: z.enum(desiredStates),
  ...observedStatus.omit({ ready: true, containers: true }).shape,
  nodeId: z.string().regex(nodeIdPattern).nullable(),
  ...containerStatus.omit({ name: true }).shape,
  createdAt: timeText,
  scheduledAt: timeText.nullable(),
  scheduledRevision: z
    .int()
    .nullable()
    .describe("The batch that placed it: `explain` goes back to the state before it."),
  replaces: otherTask.describe("The task that this one replaces after its node was lost."),
  replacedBy: otherTask,
});
