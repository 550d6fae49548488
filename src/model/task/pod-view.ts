// A task as a pod, in the form of Podling's first edition.

import type { z } from "zod";
import { isObject } from "../../lib/is-object.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import { annotationsLabel, defaultNamespace, namespaceLabel, type PodStatus } from "./pod-input.ts";
import type { podView } from "./pod-view-schema.ts";
import type { TaskStatus } from "./reason.ts";
import { isPod } from "./spec.ts";
import type { Task } from "./task.ts";
import { viewContainers, viewTask } from "./view.ts";

/** The fields of the schema. */
export type PodView = DeepReadonly<z.output<typeof podView>>;

const statuses: Partial<Record<TaskStatus, PodStatus>> = { completed: "succeeded", stopped: "succeeded" };

export function podStatus(status: TaskStatus): PodStatus {
  return statuses[status] ?? (status as PodStatus);
}

export function viewPod(task: Task): PodView {
  const { reason, nodeId, restarts, createdAt, startedAt, finishedAt, restartPolicy } = viewTask(task);
  const { [namespaceLabel]: namespace = defaultNamespace, [annotationsLabel]: annotations, ...own } = task.spec.labels;
  return {
    ...{ podId: task.taskId, name: task.name, namespace, labels: own, annotations: annotationsOf(annotations) },
    ...{ status: podStatus(task.observed.status), reason },
    containers: viewContainers(task, task.spec.containers),
    initContainers: viewContainers(task, task.spec.init),
    ...{ restartPolicy, nodeId, restarts, createdAt, startedAt, finishedAt },
  };
}

/** A user may have set the label to anything. */
function annotationsOf(text: string | undefined): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (!isObject(parsed)) return {};
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

export function namespaceOf({ spec }: Pick<Task, "spec">): string {
  return spec.labels[namespaceLabel] ?? defaultNamespace;
}

/** True for a task of several containers, and for one that was made as a pod. */
export function isListedAsPod({ spec }: Pick<Task, "spec">): boolean {
  return isPod(spec) || spec.labels[namespaceLabel] !== undefined;
}
