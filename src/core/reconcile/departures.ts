// Which tasks leave their node, because the node is being drained or a user moves them, and until when they may stay.

import { fromTimestamp } from "../../lib/clock.ts";
import { localDataOf } from "../../model/task/local-data.ts";
import type { Task } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export interface Departure {
  /** "n1 is being drained" */
  why: string;
  /** In ms since the epoch: whatever is left then is stopped. Null if there is no such time. */
  deadline: number | null;
  /** True when the task stays until the deadline, because its data lies on the node. */
  hasLocalData: boolean;
}

/** Null if the task stays. */
export function departureOf({ nodes }: Pick<ClusterState, "nodes">, task: Task): Departure | null {
  const node = task.placement === null ? undefined : nodes.get(task.placement.nodeId);
  if (node?.draining) {
    const deadline = fromTimestamp(node.draining.deadlineAt);
    return { why: `${node.hostname} is being drained`, deadline, hasLocalData: localDataOf(task.spec).length > 0 };
  }
  if (task.requests?.moveAskedAt === undefined) return null;
  return { why: "another replica takes its place elsewhere", deadline: null, hasLocalData: false };
}
