// What the event streams carry, as the `data` of each server-sent event.

import type { WatchedCreation, WatchedKind, WatchedRemoval, WatchedView } from "../../model/kinds/kinds.ts";
import type { TaskView } from "./task.ts";

interface EventOf<Type extends string> {
  revision: number;
  /** ISO 8601 UTC. */
  at: string;
  /** A new node's event is `node.registered`, a new task's `task.created`. */
  type: Type;
}

/** An event of this kind of record: the record as the batch left it; of a removed one, what identifies it. */
export type WatchEventOf<K extends WatchedKind> =
  | (EventOf<WatchedCreation<K> | `${K}.updated`> & { [Name in K]: WatchedView<K> })
  | (EventOf<`${K}.removed`> & WatchedRemoval<K>);

/** `GET /api/v1/watch`: event "change", of any kind of the table whose changes watchers see. */
export type WatchEvent = { [K in WatchedKind]: WatchEventOf<K> }[WatchedKind];

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
