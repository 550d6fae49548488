// The schema of a task as the API shows it, from the schemas of spec and status: a field that is added there belongs to the
// view, and view.ts does not compile without it. The description in openapi.json is made from this schema.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { nodeIdPattern, taskIdPattern } from "../ids.ts";
import { shownPolicyPattern } from "./restart-policy.ts";
import { containerSpec, containerStatus, observedStatus, taskOwner, taskRequests, taskSpec } from "./schema.ts";
import { desiredStates } from "./task.ts";

const taskId = z.string().regex(taskIdPattern);

const shownRestartPolicy = z.union([z.string().regex(shownPolicyPattern), taskSpec.shape.restartPolicy]);

const podFields = { sidecar: true, dependsOn: true, restartPolicy: true } as const;
const podStatusFields = { status: true, reason: true, ready: true } as const;

const oneOfSeveral = z.object({
  ...containerSpec.shape,
  ...containerStatus.shape,
  requestedRestarts: containerStatus.shape.requestedRestarts.optional(),
  restartPolicy: shownRestartPolicy.optional().describe("In the place of the restart policy of the task."),
});

export const taskView = z
  .object({
    taskId: taskId.describe("Id of the task: the time of its creation and a random part."),
    name: z.string().describe("Name of the task. Several tasks may have one name."),
    ...containerSpec.omit({ name: true, ...podFields }).shape,
    ...taskSpec.omit({ containers: true, init: true }).shape,
    restartPolicy: shownRestartPolicy.describe(
      "When the container is started again after it has ended: never, on-failure, on-failure:N or always; an object if its times are not the usual ones.",
    ),
    desired: z.enum(desiredStates).describe("What the user wants: that it runs, or that it is stopped."),
    ...observedStatus.omit({ containers: true }).shape,
    nodeId: z.string().regex(nodeIdPattern).nullable().describe("The node that runs it. Null until it is placed."),
    ...containerStatus.omit({ name: true, ...podStatusFields }).shape,
    requestedRestarts: containerStatus.shape.requestedRestarts.optional(),
    requests: taskRequests.optional().describe("What users have asked of it beyond its template. Left out if nothing."),
    owner: taskOwner.optional().describe("What made it and replaces it. Left out for a task of its own."),
    containers: z
      .array(oneOfSeveral)
      .optional()
      .describe(
        "Each container with its status, if the task has several; the fields beside are then those of the first, and amounts, ports and restarts those of all together.",
      ),
    initContainers: z
      .array(oneOfSeveral)
      .optional()
      .describe("Those that run to their end before the others start. Left out if there are none."),
    createdAt: timeText.describe("By the clock of the master."),
    scheduledAt: timeText.nullable().describe("When it was placed, by the clock of the master. Null until then."),
    scheduledRevision: z
      .int()
      .nullable()
      .describe("The batch that placed it: `explain` goes back to the state before it."),
    replaces: taskId
      .nullable()
      .describe("The task that this one replaces after its node was lost. Null if it replaces none."),
    replacedBy: taskId
      .nullable()
      .describe("The task that replaces this one after its node was lost. Null if none does."),
  })
  .describe(
    "A task: one placement of a container, or of several that share one network, on a node. It never changes its node.",
  );
