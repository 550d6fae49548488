// Which tasks leave their node, because the node is being drained or a user moves them, and until when they may stay.

import { fromTimestamp } from "../../lib/clock.ts";
import type { NodeId, ServiceId } from "../../model/ids.ts";
import { localDataOf } from "../../model/task/local-data.ts";
import { noRequests, type Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { isAvailable } from "./service/replica.ts";

export interface Departure {
  /** "n1 is being drained" */
  why: string;
  /** In ms since the epoch: whatever is left then is stopped. Null if there is no such time. */
  deadline: number | null;
  /** True when the task stays until the deadline, because its data lies on the node. */
  hasLocalData: boolean;
  /** The node on which another replica is to start. Null for any. */
  to: NodeId | null;
}

/** Null if the task stays. */
export function departureOf({ nodes }: Pick<ClusterState, "nodes">, task: Task): Departure | null {
  const node = task.placement === null ? undefined : nodes.get(task.placement.nodeId);
  if (node?.draining) {
    const deadline = fromTimestamp(node.draining.deadlineAt);
    return {
      why: `${node.hostname} is being drained`,
      deadline,
      hasLocalData: localDataOf(task.spec).length > 0,
      to: null,
    };
  }
  const { moveTo } = task.requests ?? noRequests;
  if (moveTo === undefined) return null;
  const hostname = nodes.get(moveTo as NodeId)?.hostname ?? moveTo;
  return { why: `moved to ${hostname}`, deadline: null, hasLocalData: false, to: moveTo as NodeId };
}

/** True for a replica that serves, of a service that is as it should be: others move soon anyway, or wait for a person. */
export function isMovable(state: ClusterState, task: Task): boolean {
  if (task.owner?.kind !== "service" || !isAvailable(task) || task.requests?.moveTo !== undefined) return false;
  const service = state.tables.service.get(task.owner.id as ServiceId);
  const node = state.nodes.get(task.placement!.nodeId);
  if (!service || service.rollout !== null || service.paused || service.policy.maxSurge === 0) return false;
  return service.mode.type === "replicated" && node?.status === "online" && node.draining === null;
}
