// What the event streams carry, as the `data` of each server-sent event.

import type { Node } from "../../model/node/node.ts";
import type { TaskView } from "./task.ts";

/** `GET /api/v1/watch`: event "change". */
export type WatchEvent =
  | { revision: number; at: string; type: "task.created" | "task.updated"; task: TaskView }
  | { revision: number; at: string; type: "task.removed"; taskId: string; name: string }
  | { revision: number; at: string; type: "node.registered" | "node.updated"; node: Node }
  | { revision: number; at: string; type: "node.removed"; nodeId: string; hostname: string };

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
