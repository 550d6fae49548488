// What the event streams carry, as the `data` of each server-sent event.

import type { Node } from "../../model/node/node.ts";
import type { TaskView } from "./task.ts";

interface EventOf<Kind extends string> {
  revision: number;
  /** ISO 8601 UTC. */
  at: string;
  /** A new node's event is `node.registered`, a new task's `task.created`. */
  type: `${Kind}.${"created" | "registered" | "updated" | "removed"}`;
}

/** `GET /api/v1/watch`: event "change". The record as the batch left it; of a removed one, its id and its name. */
export type WatchEvent =
  | (EventOf<"task"> & { task: TaskView })
  | (EventOf<"task"> & { taskId: string; name: string })
  | (EventOf<"node"> & { node: Node })
  | (EventOf<"node"> & { nodeId: string; hostname: string });

/** Event "sync" of assignments, and of tasks with watch: the whole set as of a revision. */
export interface SyncEvent {
  revision: number;
  clusterId: string;
  tasks: TaskView[];
}

/** Event "task": a task of the set as it is now; event "gone": it left the set, or was deleted. */
export interface GoneEvent {
  revision: number;
  taskId: string;
  /** true: the record was deleted, so its container may go too; false: it finished. */
  deleted: boolean;
}
