// The schema of a pod as the API shows it. The description in openapi.json is made from it.

import { z } from "zod";
import { podStatuses } from "./pod-input.ts";
import { taskView } from "./view-schema.ts";

const { name, labels, reason, nodeId, restarts, createdAt, startedAt, finishedAt, restartPolicy } = taskView.shape;

export const podView = z
  .object({
    podId: z.string().describe("Id of the pod: that of its task."),
    name,
    namespace: z.string().describe("A name that pods may share; default if none was given."),
    labels,
    annotations: z.record(z.string(), z.string()).describe("What was noted with it."),
    status: z.enum(podStatuses).describe("How far the pod is. completed and stopped of the task read succeeded."),
    reason,
    containers: taskView.shape.containers.unwrap().describe("Each container, with what is known of it."),
    initContainers: taskView.shape.containers.unwrap().describe("Those that run before the others."),
    ...{ restartPolicy, nodeId, restarts, createdAt, startedAt, finishedAt },
  })
  .describe("A pod: a task as a group of containers that share one network.");
