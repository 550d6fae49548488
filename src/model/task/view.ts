// A task as it leaves the master: flat, with the fields of its one container beside those of the task. It is the public
// form of the API, and what workers of every release understand.

import type { z } from "zod";
import { BoundedMap } from "../../lib/bounded-map.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId, TaskId } from "../ids.ts";
import { type ContainerSpec, sparseFieldsOf, type TaskSpec } from "./spec.ts";
import { noContainerStatus } from "./status.ts";
import type { Task } from "./task.ts";
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

export function viewTask(task: Task): TaskView {
  return { taskId: task.taskId, name: task.name, ...viewSpec(task.spec), ...viewStatus(task) };
}

/** `viewTask` as JSON. What tasks with one template have in common is encoded once. */
export function taskText(task: Task): string {
  const { taskId, name, spec } = task;
  const status = JSON.stringify(viewStatus(task)).slice(1);
  return `{"taskId":"${taskId}","name":${JSON.stringify(name)},${specText(spec)},${status}`;
}

/** With more templates, few tasks have the same one, and keeping their texts saves nothing. A template may have a megabyte. */
const specTexts = new BoundedMap<TaskSpec, string>({ entries: 4096, characters: 16 * 1024 ** 2 });

/** The fields without the braces. */
function specText(spec: TaskSpec): string {
  let text = specTexts.get(spec);
  if (text === undefined) {
    text = JSON.stringify(viewSpec(spec)).slice(1, -1);
    specTexts.add(spec, text, text.length);
  }
  return text;
}

function viewSpec(spec: TaskSpec): SpecView {
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
    restartPolicy: spec.restartPolicy,
    constraints: spec.constraints,
    stopGraceSeconds: spec.stopGraceSeconds,
    user: container.user,
    workingDir: container.workingDir,
    pullPolicy: container.pullPolicy,
    platform: spec.platform,
    ...sparseFieldsOf(container),
  };
}

function viewStatus({ spec, desired, placement, observed, createdAt, replaces, replacedBy }: Task): StatusView {
  const { name } = spec.containers[0]!;
  const status = observed.containers.find((one) => one.name === name) ?? noContainerStatus;
  return {
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
}
