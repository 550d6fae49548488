// What the event streams carry, as the `data` of each server-sent event.

import type { Operation } from "../../model/change.ts";
import type { ContentKind, Encoding } from "../../model/config/config.ts";
import {
  type AnyKind,
  kinds,
  type WatchedCreation,
  type WatchedKind,
  type WatchedRemoval,
  type WatchedView,
} from "../../model/kinds/kinds.ts";
import type { Origin } from "../../model/origin.ts";
import type { TaskView } from "./task.ts";

/** Who asked for a change. */
export interface ChangeOrigin {
  /** user: a client of the API. node: a worker. system: the master itself. */
  kind: Origin["kind"];
  /** USER@HOST or `anonymous`; a node's id, or its host name if it registers without one; the master's part. */
  name: string;
  /** True if the client says so itself and the master did not verify it. */
  declared: boolean;
  /** The client's X-Request-Id; left out if it sent none. */
  requestId?: string;
}

interface EventOf<Type extends string> {
  revision: number;
  /** ISO 8601 UTC. */
  at: string;
  /** A new node's event is `node.registered`, a new task's `task.created`. */
  type: Type;
  /**
   * The origin of the command that names or created the record, or that ended the tasks of its node. The master itself, if
   * there was no such command. Left out if the master does not know.
   */
  by?: ChangeOrigin;
}

/** An event of this kind: the record as it is after the batch, or the fields that identify a removed record. */
export type WatchEventOf<K extends WatchedKind> =
  | (EventOf<WatchedCreation<K> | `${K}.updated`> & { [Name in K]: WatchedView<K> })
  | (EventOf<`${K}.removed`> & WatchedRemoval<K>);

/** `GET /api/v1/watch`: event "change", of any kind of the table whose changes watchers see. */
export type WatchEvent = { [K in WatchedKind]: WatchEventOf<K> }[WatchedKind];

/** The type of the event: KIND.OPERATION, except for a new record of a kind that names this event itself. */
export function watchEventType(kind: WatchedKind, operation: Operation): WatchEvent["type"] {
  const { createdType } = (kinds[kind] as AnyKind).stream!;
  const type = operation === "created" && createdType !== undefined ? createdType : `${kind}.${operation}`;
  return type as WatchEvent["type"];
}

/** What the event of a removed record has of it: the fields that identify it. */
export function removalOf(kind: WatchedKind, record: object): object {
  const { removedFields } = (kinds[kind] as AnyKind).stream!;
  return Object.fromEntries(removedFields.map((field) => [field, (record as Record<string, unknown>)[field]]));
}

/** Event "sync" of assignments, and of tasks with watch: the whole set as of a revision. */
export interface SyncEvent {
  revision: number;
  clusterId: string;
  tasks: TaskView[];
}

/** Event "sync" of endpoints is an `EndpointList`; event "endpoint": one that is new or has changed; this is event "gone". */
export interface EndpointGoneEvent {
  revision: number;
  taskId: string;
}

/**
 * Event "content" of assignments: a version of a config or secret that tasks of the node name. It comes before the first task that
 * needs it, and only to the worker of the node.
 */
export interface ContentEvent {
  kind: ContentKind | "credential";
  /** For a credential the registry; its content is `{"username", "password"}`. */
  name: string;
  /** 0 if there is none. */
  version: number;
  /** True when containers that always have the newest version get this one. */
  newest: boolean;
  /** Left out if there is a problem. */
  data?: string;
  encoding?: Encoding;
  /** Why the content cannot be had, as the end of "its config NAME ...". Left out if there is no problem. */
  problem?: string;
}

/** Event "task": a task of the set as it is now; event "gone": it left the set, or was deleted. */
export interface GoneEvent {
  revision: number;
  taskId: string;
  /** true: the record was deleted, so its container may go too; false: it finished. */
  deleted: boolean;
}
