// The changes of a batch as events for watchers: one for each record that changed, with the record as it is afterwards.

import { type ChangeOrigin, removalOf, watchEventType } from "../../api/views/stream-events.ts";
import type { Delta } from "../../core/state/delta.ts";
import { toTimestamp } from "../../lib/clock.ts";
import type { Batch, Operation } from "../../model/change.ts";
import { type AnyKind, isWatched, kinds, type WatchedKind } from "../../model/kinds/kinds.ts";
import type { Origin } from "../../model/origin.ts";
import type { Task } from "../../model/task/task.ts";
import { defaultOrigins, nameOrigins } from "./event-origins.ts";

export interface ChangeEvent {
  revision: number;
  /** ISO 8601 UTC. */
  at: string;
  kind: WatchedKind;
  operation: Operation;
  id: string;
  /** Who asked for it. Null if the batch does not say. */
  by: Origin | null;
  /** Before the batch. Null if the batch created the record. */
  before: object | null;
  /** After the batch. Null if the batch removed the record. */
  after: object | null;
  /** The record as it was last. */
  last: object;
}

export function eventsOf(
  { revision, at: ms, commands }: Pick<Batch, "revision" | "at" | "commands">,
  deltas: readonly Delta[],
): ChangeEvent[] {
  const at = toTimestamp(ms);
  const events: ChangeEvent[] = [];
  /** An id is unique among the records of its kind only. */
  const byId: Partial<Record<WatchedKind, Map<string, ChangeEvent>>> = {};
  const origins = defaultOrigins(commands);
  for (const { kind, before, after } of deltas) {
    if (!isWatched(kind)) continue;
    const last = (after ?? before) as object;
    const id = (kinds[kind] as AnyKind).idOf(last);
    byId[kind] ??= new Map();
    const earlier = byId[kind].get(id);
    const operation = after === null ? "removed" : before === null ? "created" : (earlier?.operation ?? "updated");
    const by = origins[operation];
    if (earlier) {
      Object.assign(earlier, { operation, by, after, last });
      continue;
    }
    const event: ChangeEvent = { revision, at, kind, operation, id, by, before, after, last };
    byId[kind].set(id, event);
    events.push(event);
  }
  if (commands.length > 0) nameOrigins(events, byId, commands);
  return events;
}

/** The task that the event leaves; null for another kind, and for one that was removed. */
export function taskOf({ kind, after }: ChangeEvent): Task | null {
  return kind === "task" ? (after as Task | null) : null;
}

/** The event as JSON. `textOf` gives a record as it leaves the master. */
export function changeText(event: ChangeEvent, textOf: (kind: WatchedKind, record: object) => string): string {
  const { revision, at, kind, operation, by, after, last } = event;
  const type = watchEventType(kind, operation);
  const head = `{"revision":${revision},"at":"${at}","type":"${type}"${by ? `,"by":${JSON.stringify(viewOrigin(by))}` : ""}`;
  if (after !== null) return `${head},"${kind}":${textOf(kind, after)}}`;
  return `${head},${JSON.stringify(removalOf(kind, last)).slice(1)}`;
}

function viewOrigin({ kind, name, requestId }: Origin): ChangeOrigin {
  return { kind, name, declared: kind !== "system", ...(requestId === undefined ? {} : { requestId }) };
}
