// A task as it leaves the master: flat, with the fields of its one container beside those of the task. It is the public
// form of the API, and what workers of every release understand.

import type { NodeId, TaskId } from "../ids.ts";
import type { Reason, TaskStatus } from "./reason.ts";
import type { ContainerSpec, TaskSpec } from "./spec.ts";
import { type ContainerStatus, noContainerStatus } from "./status.ts";
import type { Desired, Task } from "./task.ts";

/** The spec of a task with one container. */
export interface FlatSpec extends Omit<ContainerSpec, "name">, Omit<TaskSpec, "containers" | "init"> {
  readonly name: string;
}

/** Times are ISO 8601 UTC. */
export interface TaskView extends FlatSpec {
  readonly taskId: TaskId;
  readonly desired: Desired;
  readonly status: TaskStatus;
  readonly reason: Reason;
  readonly nodeId: NodeId | null;
  readonly containerId: ContainerStatus["containerId"];
  readonly exitCode: ContainerStatus["exitCode"];
  readonly oomKilled: ContainerStatus["oomKilled"];
  readonly restarts: ContainerStatus["restarts"];
  readonly publishedPorts: ContainerStatus["publishedPorts"];
  readonly createdAt: string;
  readonly scheduledAt: string | null;
  /** The batch that placed it: `explain` goes back to the state before it. */
  readonly scheduledRevision: number | null;
  readonly startedAt: ContainerStatus["startedAt"];
  readonly finishedAt: string | null;
  readonly error: ContainerStatus["error"];
  readonly lastFailure: ContainerStatus["lastFailure"];
  /** The task that this one replaces after its node was lost. */
  readonly replaces: TaskId | null;
  readonly replacedBy: TaskId | null;
}

export function viewTask({
  taskId,
  name,
  spec,
  desired,
  placement,
  observed,
  createdAt,
  replaces,
  replacedBy,
}: Task): TaskView {
  const container = spec.containers[0]!;
  const status = observed.containers[0] ?? noContainerStatus;
  return {
    taskId,
    name,
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
