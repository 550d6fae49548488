// What the log holds: batches of changes. A change states the new value of a record, not the request that led to it.

import type { TaskId } from "./ids.ts";
import { type IdOf, type KindName, kindNames, type PackedOf, type UpdateOf } from "./kinds/kinds.ts";
import type { RefusalCode } from "./refusal.ts";

export type Operation = "created" | "updated" | "removed";

type ChangeOf<K extends KindName> =
  | { type: `${K}.created`; record: PackedOf<K> }
  | { type: `${K}.updated`; id: IdOf<K>; set: UpdateOf<K> }
  | { type: `${K}.removed`; id: IdOf<K> };

export type Change = { [K in KindName]: ChangeOf<K> }[KindName];

const parsed = new Map<string, { kind: KindName; operation: Operation }>();
for (const kind of kindNames) {
  for (const operation of ["created", "updated", "removed"] as const) {
    parsed.set(`${kind}.${operation}`, { kind, operation });
  }
}

/** "task.created" as kind and operation; undefined for a type that this program does not know. */
export function parseChangeType(type: string): { kind: KindName; operation: Operation } | undefined {
  return parsed.get(type);
}

/** True when the change places this task on a node. */
export function placesTask(change: Change, taskId: TaskId): boolean {
  if (change.type === "task.created") return change.record.taskId === taskId && change.record.placement !== undefined;
  return change.type === "task.updated" && change.id === taskId && change.set.placement !== undefined;
}

/** Commands of a batch: who asked for what. Alike commands that follow each other share an entry. */
export interface CommandEntry {
  type: string;
  /** "user:anna@laptop", "node:<id>", "system:<part>": `originText` of model/origin.ts. */
  by: string;
  /** The ids of the records that they name or made, one for each command; left out if they have none. */
  targets?: string[];
  /** The client's `X-Request-Id`; left out if it sent none. */
  request?: string;
  /** Left out if it was granted. */
  refused?: RefusalCode;
  /** For commands beyond the limit of a batch: how many of this type, by this kind of origin. */
  count?: number;
}

/** The data format that this program writes. A batch without a number is of format 1 (release 0.1.0). */
export const dataFormat = 2;

/** One durable step: what one tick decided. */
export interface Batch {
  format: number;
  /** Grows by one a batch, from 1. */
  revision: number;
  /** ms since the epoch. */
  at: number;
  /** The term of the master that wrote it. */
  epoch: number;
  /** Every random draw of the tick comes from it. */
  seed: number;
  /** Bounded: see `limits.batchCommandEntries`. */
  commands: CommandEntry[];
  changes: Change[];
}
