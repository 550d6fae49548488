// Pods over HTTP, in the form of Podling's first edition: a task of containers with a namespace and annotations. They are kept
// as labels of the task.

import { z } from "zod";
import { choice, freeText, labels, name } from "../fields.ts";
import { limits } from "../limits.ts";
import { type ParsedTaskInput, taskInput } from "./task-input.ts";

/** The labels of a task that hold what only the form of pods has. */
export const namespaceLabel = "podling.namespace";
export const annotationsLabel = "podling.annotations";
export const defaultNamespace = "default";

/** `completed` and `stopped` of a task read `succeeded`. */
export const podStatuses = ["pending", "scheduled", "running", "succeeded", "failed"] as const;
export type PodStatus = (typeof podStatuses)[number];

const { shape } = taskInput;

export const podInput = z
  .strictObject({
    name: shape.name,
    namespace: name.optional().describe("Kept as the label podling.namespace. Default: default."),
    labels: shape.labels,
    annotations: labels.optional().describe("Kept as the label podling.annotations, as JSON."),
    containers: shape.containers.unwrap().describe("They share one network. One or more."),
    initContainers: shape.initContainers,
    restartPolicy: shape.restartPolicy,
    constraints: shape.constraints,
    stopGraceSeconds: shape.stopGraceSeconds,
    platform: shape.platform,
    network: shape.network,
  })
  .meta({
    description: "A pod to run: containers that share one network. Only name and containers are required.",
    examples: [{ name: "shop", namespace: "sales", containers: [{ name: "app", image: "nginx:1.27" }] }],
  });
export type ParsedPodInput = z.output<typeof podInput>;

/** What a worker, or a person, reports of a pod. */
export const podReport = z
  .strictObject({
    status: choice(podStatuses).describe("How far the pod is."),
    nodeId: z.string().max(64).optional().describe("The node that reports; refused if the pod is placed elsewhere."),
    message: freeText(limits.messageLength).optional().describe("Why, as a sentence."),
  })
  .meta({ description: "What is reported about a pod. Only status is required.", examples: [{ status: "succeeded" }] });

export function taskOfPod({ namespace, annotations, labels: given, ...task }: ParsedPodInput): ParsedTaskInput {
  const own = {
    ...given,
    [namespaceLabel]: namespace ?? defaultNamespace,
    ...(annotations && Object.keys(annotations).length > 0 ? { [annotationsLabel]: JSON.stringify(annotations) } : {}),
  };
  return { ...task, labels: own };
}
