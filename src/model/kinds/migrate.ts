// Brings batches and records of older data formats to the current one. Everything that reads a journal or a backup goes
// through here.

import { type Batch, type Change, type CommandEntry, dataFormat, parseChangeType } from "../change.ts";
import { clusterRecordId } from "../cluster/kind.ts";
import type { MigrationContext } from "./kind.ts";
import { type KindName, kinds } from "./kinds.ts";

type Fields = Record<string, unknown>;

/** The batch as this program writes it; the same object if it is of the current format. */
export function migrateBatch(raw: Batch): Batch {
  const format = raw.format ?? 1;
  if (format === dataFormat) return raw;
  const { revision, at, epoch, seed, changes } = raw;
  const { cause = "" } = raw as unknown as { cause?: string };
  const upgraded = (changes as unknown as Fields[]).map((change) =>
    migrateChange(format === 1 ? fromFormat1(change) : change, format, { revision, at }),
  );
  return { format: dataFormat, revision, at, epoch, seed, commands: commandsOf(cause), changes: upgraded };
}

export function migrateRecord(kind: KindName, packed: unknown, format: number, context: MigrationContext): object {
  return apply("record", kind, packed as Fields, format, context);
}

function migrateChange(change: Fields, format: number, context: MigrationContext): Change {
  const type = change.type as string;
  const { kind, operation } = parseChangeType(type)!;
  if (operation === "created") {
    return { ...change, record: migrateRecord(kind, change.record, format, context) } as Change;
  }
  if (operation === "removed") return change as Change;
  return { ...change, set: apply("update", kind, change.set as Fields, format, context) } as Change;
}

function apply(part: "record" | "update", kind: KindName, packed: Fields, format: number, context: MigrationContext) {
  let result = packed;
  for (const migration of kinds[kind].migrations) {
    if (migration.to > format) result = migration[part]?.(result, context) ?? result;
  }
  return result;
}

/** Format 1 had a form of its own for each type of change. */
function fromFormat1(change: Fields): Fields {
  const { type, task, node, idempotency, taskId, nodeId, set } = change;
  switch (type) {
    case "cluster.updated":
      return { type, id: clusterRecordId, set };
    case "task.created":
      return { type, record: { ...(task as Fields), ...(idempotency ? { idempotency } : {}) } };
    case "node.registered":
      return { type: "node.created", record: node };
    default:
      return { type, id: taskId ?? nodeId, ...(set ? { set } : {}) };
  }
}

/** "createTask*32 reportTask": format 1 named the commands of a batch, and not who asked for them. */
function commandsOf(cause: string): CommandEntry[] {
  return cause
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const [type, count] = word.split("*") as [string, string | undefined];
      return { type, by: "system:unknown", ...(count === undefined ? {} : { count: Number(count) }) };
    });
}
