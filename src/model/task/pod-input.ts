// Pods over HTTP, in the form of Podling's first edition: a task of containers with a namespace and annotations. They are kept
// as labels of the task.

import { z } from "zod";
import { ok } from "../../lib/result.ts";
import { choice, freeText, labels, name } from "../fields.ts";
import { limits } from "../limits.ts";
import { type Outcome, refuse } from "../refusal.ts";
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

export function taskOfPod({ namespace, annotations, labels, ...task }: ParsedPodInput): Outcome<ParsedTaskInput> {
  const isAnnotated = annotations !== undefined && Object.keys(annotations).length > 0;
  const own = withFieldsAsLabels(labels, {
    namespace: { label: namespaceLabel, value: namespace ?? labels?.[namespaceLabel] ?? defaultNamespace },
    annotations: { label: annotationsLabel, value: isAnnotated ? JSON.stringify(annotations) : undefined },
  });
  return own.ok ? ok({ ...task, ...own.value }) : own;
}

type Labels = ParsedTaskInput["labels"];

/** The labels with those that keep a field; nothing if no field is given. Refuses a label that says something else. */
export function withFieldsAsLabels(
  given: Labels,
  fields: Record<string, { label: string; value: string | undefined }>,
): Outcome<{ labels?: Labels }> {
  const own: Record<string, string> = {};
  for (const [field, { label, value }] of Object.entries(fields)) {
    if (value === undefined) continue;
    const other = given?.[label] ?? value;
    if (other !== value)
      return refuse("unprocessable", `${field}: it is ${value}, and the label ${label} says ${other}`, {
        hint: `Leave one of the two out: the field ${field} is kept as this label.`,
        details: { field },
      });
    own[label] = value;
  }
  if (Object.keys(own).length === 0) return ok({});
  const labels = { ...given, ...own };
  const count = Object.keys(labels).length;
  if (count <= limits.labelCount) return ok({ labels });
  const names = Object.keys(own).join(" and ");
  return refuse("unprocessable", `labels: with ${names} they are ${count}, and ${limits.labelCount} are allowed`, {
    hint: "Remove a label.",
    details: { field: "labels" },
  });
}
