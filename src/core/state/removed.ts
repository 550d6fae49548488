// The last records of what a batch removes: whoever tells of it still needs their names.

import type { Change } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Task } from "../../model/task/task.ts";
import type { ClusterState } from "./cluster-state.ts";

export interface Removed {
  tasks: Map<TaskId, Task>;
  nodes: Map<NodeId, NodeRecord>;
}

export function nothingRemoved(): Removed {
  return { tasks: new Map(), nodes: new Map() };
}

/** To be called before the change is applied. */
export function noteRemoved(removed: Removed, state: ClusterState, change: Change): void {
  if (change.type === "task.removed") removed.tasks.set(change.taskId, state.task(change.taskId));
  else if (change.type === "node.removed") removed.nodes.set(change.nodeId, state.node(change.nodeId));
}
