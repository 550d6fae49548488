// What the journal holds: batches of changes. A change says what is now so, not what was asked.

import type { Cluster } from "./cluster.ts";
import type { NodeId, TaskId } from "./ids.ts";
import type { NodeRecord } from "./node/node.ts";
import type { PackedTask, Task } from "./task/task.ts";

export type Change =
  | { type: "cluster.updated"; set: Partial<Cluster> }
  | { type: "task.created"; task: PackedTask; idempotency?: { key: string; fingerprint: string } }
  | { type: "task.updated"; taskId: TaskId; set: Partial<Omit<Task, "taskId">> }
  | { type: "task.removed"; taskId: TaskId }
  | { type: "node.registered"; node: NodeRecord }
  | { type: "node.updated"; nodeId: NodeId; set: Partial<Omit<NodeRecord, "nodeId">> }
  | { type: "node.removed"; nodeId: NodeId };

/** One durable step: what one tick decided. */
export interface Batch {
  /** Grows by one a batch, from 1. */
  revision: number;
  /** ms since the epoch. */
  at: number;
  /** Of the master that wrote it. */
  epoch: number;
  /** Every random draw of the tick comes from it. */
  seed: number;
  /** The kinds of command decided: "createTask*32 reportTask*3". For people who read the log. */
  cause: string;
  changes: Change[];
}
