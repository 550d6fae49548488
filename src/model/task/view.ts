// A task as it leaves the master: flat, with the fields of its one container beside those of the task. There are two forms: the
// public one of the API, and the assignment of a worker, which workers of every release understand. They differ in the
// restart policy: the API shows it as text where that says all, and a worker gets the object.

import type { z } from "zod";
import { BoundedMap } from "../../lib/bounded-map.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId, TaskId } from "../ids.ts";
import { shownPolicy } from "./restart-policy.ts";
import { type ContainerSpec, type RestartPolicy, sparseFieldsOf, type TaskSpec } from "./spec.ts";
import { noContainerStatus } from "./status.ts";
import { graceSecondsOf, type Task } from "./task.ts";
import type { taskView } from "./view-schema.ts";

/** The fields of the schema, with ids of their own types. Times are ISO 8601 UTC. */
export interface TaskView extends DeepReadonly<z.output<typeof taskView>> {
  readonly taskId: TaskId;
  readonly nodeId: NodeId | null;
  readonly replaces: TaskId | null;
  readonly replacedBy: TaskId | null;
}

type SpecField = Exclude<keyof ContainerSpec, "name"> | Exclude<keyof TaskSpec, "containers" | "init">;
type SpecView = Pick<TaskView, SpecField>;
type StatusView = Omit<TaskView, SpecField | "taskId" | "name">;
type AssignmentView = Omit<TaskView, "restartPolicy"> & { readonly restartPolicy: RestartPolicy };

export function viewTask(task: Task): TaskView {
  const { taskId, name, spec } = task;
  return { taskId, name, ...viewSpec(spec), restartPolicy: shownPolicy(spec.restartPolicy), ...viewStatus(task) };
}

export function viewAssignment(task: Task): AssignmentView {
  const { taskId, name, spec } = task;
  // Workers of every release know this field, and a stop may have another time than the template.
  const stopGraceSeconds = graceSecondsOf(task);
  return { taskId, name, ...viewSpec(spec), stopGraceSeconds, restartPolicy: spec.restartPolicy, ...viewStatus(task) };
}

/** `viewTask` as JSON. What tasks with one template have in common is encoded once. */
export function taskText(task: Task): string {
  return textOf(task, shownPolicy(task.spec.restartPolicy));
}

/** `viewAssignment` as JSON. */
export function assignmentText(task: Task): string {
  if (task.requests) return JSON.stringify(viewAssignment(task));
  return textOf(task, task.spec.restartPolicy);
}

function textOf(task: Task, policy: RestartPolicy | string): string {
  const { taskId, name, spec } = task;
  const status = JSON.stringify(viewStatus(task)).slice(1);
  const restartPolicy = typeof policy === "string" ? `"${policy}"` : JSON.stringify(policy);
  return `{"taskId":"${taskId}","name":${JSON.stringify(name)},${specText(spec)},"restartPolicy":${restartPolicy},${status}`;
}

/** With more templates, few tasks have the same one, and keeping their texts saves nothing. A template may have a megabyte. */
const specTexts = new BoundedMap<TaskSpec, string>({ entries: 4096, characters: 16 * 1024 ** 2 });

/** The fields without the braces. The restart policy is not among them. */
function specText(spec: TaskSpec): string {
  let text = specTexts.get(spec);
  if (text === undefined) {
    text = JSON.stringify(viewSpec(spec)).slice(1, -1);
    specTexts.add(spec, text, text.length);
  }
  return text;
}

function viewSpec(spec: TaskSpec): Omit<SpecView, "restartPolicy"> {
  const container = spec.containers[0]!;
  return {
    image: container.image,
    command: container.command,
    args: container.args,
    env: container.env,
    labels: spec.labels,
    ports: container.ports,
    resources: container.resources,
    mounts: container.mounts,
    constraints: spec.constraints,
    stopGraceSeconds: spec.stopGraceSeconds,
    user: container.user,
    workingDir: container.workingDir,
    pullPolicy: container.pullPolicy,
    platform: spec.platform,
    ...sparseFieldsOf(container),
  };
}

function viewStatus(task: Task): StatusView {
  const { spec, owner, desired, requests, placement, observed, createdAt, replaces, replacedBy } = task;
  const { name } = spec.containers[0]!;
  const status = observed.containers.find((one) => one.name === name) ?? noContainerStatus;
  const view: { -readonly [Field in keyof StatusView]: StatusView[Field] } = {
    desired,
    status: observed.status,
    reason: observed.reason,
    nodeId: placement?.nodeId ?? null,
    containerId: status.containerId,
    exitCode: status.exitCode,
    oomKilled: status.oomKilled,
    restarts: status.restarts,
    publishedPorts: status.publishedPorts,
    createdAt,
    scheduledAt: placement?.at ?? null,
    scheduledRevision: placement?.revision ?? null,
    startedAt: status.startedAt,
    finishedAt: observed.finishedAt,
    error: status.error,
    lastFailure: status.lastFailure,
    replaces,
    replacedBy,
  };
  if (requests) view.requests = requests;
  if (owner) view.owner = owner;
  if (status.requestedRestarts > 0) view.requestedRestarts = status.requestedRestarts;
  return view;
}
