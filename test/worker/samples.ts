// Assignments and containers for tests, by what differs from the usual. Test support.

import { containerLabels, containerName } from "../../src/model/cluster/cluster.ts";
import type { TaskId } from "../../src/model/ids.ts";
import type { ContainerState, CreateRequest } from "../../src/runtime/containers.ts";
import { createdState } from "../../src/runtime/simulated/created-state.ts";
import {
  type ContainerAssignment,
  containerAssignment,
  parseAssignment,
  type WireAssignment,
} from "../../src/worker/task/assignment.ts";

const taskId = "20250119120000-aaaaaaaa" as TaskId;

/** The one container of a task, written as masters send it. */
export function assigned(more: Partial<WireAssignment> = {}): ContainerAssignment {
  const assignment = parseAssignment({ taskId, name: "web", image: "nginx", status: "scheduled", ...more });
  return containerAssignment(assignment, "main")!;
}

export function container(more: Partial<ContainerState> = {}): ContainerState {
  const labels = { [containerLabels.task]: taskId, [containerLabels.node]: "node-aaaaaaaa" };
  return { ...createdState("c1", labels), status: "running", ...more };
}

/** What a worker of this node and cluster asks the engine for. */
export function createRequest(
  { taskId, spec, labels, stopGraceSeconds, platform }: ContainerAssignment,
  { clusterId, nodeId }: { clusterId: string; nodeId: string },
  more: Partial<CreateRequest> = {},
): CreateRequest {
  return {
    name: containerName(taskId, spec.name),
    labels: {
      [containerLabels.task]: taskId,
      [containerLabels.container]: spec.name,
      [containerLabels.node]: nodeId,
      [containerLabels.cluster]: clusterId,
    },
    taskLabels: labels,
    ...{ spec, stopGraceSeconds, platform },
    ...more,
  };
}
