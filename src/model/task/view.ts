// A task as it leaves the master: flat, with the fields of its one container beside those of the task. There are two forms: the
// public one of the API, and the assignment of a worker, which workers of every release understand. They differ in the
// restart policy: the API shows it as text where that says all, and a worker gets the object.

import type { z } from "zod";
import { BoundedMap } from "../../lib/bounded-map.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId, TaskId } from "../ids.ts";
import type { PodField } from "./option-fields.ts";
import { requirementsOf } from "./requirements.ts";
import { shownPolicy } from "./restart-policy.ts";
import { type ContainerSpec, isPod, type RestartPolicy, sparseFieldsOf, sparseOfSpec, type TaskSpec } from "./spec.ts";
import { type ContainerStatus, noContainerStatus } from "./status.ts";
import { graceSecondsOf, type Task } from "./task.ts";
import type { taskView } from "./view-schema.ts";

/** The fields of the schema, with ids of their own types. Times are ISO 8601 UTC. */
export interface TaskView extends DeepReadonly<z.output<typeof taskView>> {
  readonly taskId: TaskId;
  readonly nodeId: NodeId | null;
  readonly replaces: TaskId | null;
  readonly replacedBy: TaskId | null;
}

type SpecField = Exclude<keyof ContainerSpec, "name" | PodField> | Exclude<keyof TaskSpec, "containers" | "init">;
type SpecView = Pick<TaskView, SpecField>;
type StatusView = Omit<TaskView, SpecField | "taskId" | "name">;
type FlatAssignment = Omit<TaskView, "restartPolicy" | "containers" | "initContainers"> & {
  readonly restartPolicy: RestartPolicy;
};
/** No image: by that a worker tells it from the flat form. */
type PodAssignment = Omit<FlatAssignment, Exclude<keyof ContainerSpec, "name" | "restartPolicy">> & {
  readonly containers: readonly object[];
  readonly init: readonly object[];
};
type AssignmentView = FlatAssignment | PodAssignment;

export function viewTask(task: Task): TaskView {
  const { taskId, name, spec } = task;
  return { taskId, name, ...viewSpec(spec), restartPolicy: shownPolicy(spec.restartPolicy), ...viewStatus(task) };
}

export function viewAssignment(task: Task): AssignmentView {
  const { taskId, name, spec } = task;
  // Workers of every release know this field, and a stop may have another time than the template.
  const stopGraceSeconds = graceSecondsOf(task);
  if (isPod(spec)) return podAssignment(task, stopGraceSeconds);
  return { taskId, name, ...viewSpec(spec), stopGraceSeconds, restartPolicy: spec.restartPolicy, ...viewStatus(task) };
}

/** The containers stand apart, each with what is known of it. */
function podAssignment(task: Task, stopGraceSeconds: number): PodAssignment {
  const { taskId, name, spec } = task;
  const { containers: _, initContainers: __, ...status } = viewStatus(task);
  return {
    ...{ taskId, name, labels: spec.labels, constraints: spec.constraints, stopGraceSeconds },
    ...{ platform: spec.platform, restartPolicy: spec.restartPolicy },
    ...status,
    containers: spec.containers.map((container) => ({ ...statusOf(task, container), ...container })),
    init: spec.init.map((container) => ({ ...statusOf(task, container), ...container })),
  };
}

/** `viewTask` as JSON. What tasks with one template have in common is encoded once. */
export function taskText(task: Task): string {
  return textOf(task, shownPolicy(task.spec.restartPolicy));
}

/** `viewAssignment` as JSON. */
export function assignmentText(task: Task): string {
  if (task.requests || isPod(task.spec)) return JSON.stringify(viewAssignment(task));
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
  const together = isPod(spec) ? requirementsOf(spec) : container;
  const { sidecar: _, dependsOn: __, restartPolicy: ___, ...options } = sparseFieldsOf(container);
  return {
    image: container.image,
    command: container.command,
    args: container.args,
    env: container.env,
    labels: spec.labels,
    ports: together.ports,
    resources: together.resources,
    mounts: container.mounts,
    constraints: spec.constraints,
    stopGraceSeconds: spec.stopGraceSeconds,
    user: container.user,
    workingDir: container.workingDir,
    pullPolicy: container.pullPolicy,
    platform: spec.platform,
    ...sparseOfSpec(spec),
    ...options,
  };
}

function statusOf({ observed }: Task, { name }: ContainerSpec): ContainerStatus {
  return observed.containers.find((one) => one.name === name) ?? noContainerStatus;
}

function viewStatus(task: Task): StatusView {
  const { spec, owner, desired, requests, placement, observed, createdAt, replaces, replacedBy } = task;
  const status = isPod(spec) ? statusTogether(task) : statusOf(task, spec.containers[0]!);
  const view: { -readonly [Field in keyof StatusView]: StatusView[Field] } = {
    desired,
    status: observed.status,
    reason: observed.reason,
    ready: observed.ready,
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
  if (!isPod(spec)) return view;
  view.containers = viewContainers(task, spec.containers);
  if (spec.init.length > 0) view.initContainers = viewContainers(task, spec.init);
  return view;
}

/** The fields of the first container; of one that failed, if that ended the task. Ports and restarts are those of all. */
function statusTogether(task: Task): ContainerStatus {
  const { containers, init } = task.spec;
  const all = [...init, ...containers].map((container) => statusOf(task, container));
  const first = statusOf(task, containers[0]!);
  const failed = task.observed.status === "failed" ? all.find(({ status }) => status === "failed") : undefined;
  const { exitCode, oomKilled, error, lastFailure } = failed ?? first;
  return {
    ...first,
    ...{ exitCode, oomKilled, error, lastFailure },
    restarts: all.reduce((sum, { restarts }) => sum + restarts, 0),
    publishedPorts: all.flatMap(({ publishedPorts }) => publishedPorts),
  };
}

/** Each with what is known of it. */
export function viewContainers(task: Task, containers: readonly ContainerSpec[]): ContainerView[] {
  return containers.map((container) => viewContainer(task, container));
}

type ContainerView = NonNullable<TaskView["containers"]>[number];

function viewContainer(task: Task, { restartPolicy, ...container }: ContainerSpec): ContainerView {
  const { requestedRestarts, ...status } = statusOf(task, { ...container });
  return {
    ...container,
    ...(restartPolicy ? { restartPolicy: shownPolicy(restartPolicy) } : {}),
    ...status,
    name: container.name,
    ...(requestedRestarts > 0 ? { requestedRestarts } : {}),
  };
}
