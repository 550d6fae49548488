// The text that the log keeps of a batch. A value that several of its records have in common (the `sharedField` of their
// kind) is written once.

import { assert } from "../lib/assert.ts";
import { type Batch, type Change, parseChangeType } from "./change.ts";
import { type AnyKind, kinds } from "./kinds/kinds.ts";

/** As it is written: a shared field holds an index into `shared`. */
interface WrittenBatch extends Batch {
  shared?: object[];
}

type Created = Extract<Change, { record: object }>;

export function encodeBatch(batch: Batch): string {
  const indexes = new Map<object, number>();
  const changes = batch.changes.map((change) => {
    const field = sharedFieldOf(change);
    if (field === undefined) return change;
    const { type, record } = change as Created;
    const value = (record as unknown as Record<string, object>)[field]!;
    let index = indexes.get(value);
    if (index === undefined) {
      index = indexes.size;
      indexes.set(value, index);
    }
    return { type, record: { ...record, [field]: index } } as unknown as Change;
  });
  if (indexes.size === 0) return JSON.stringify(batch);
  const written: WrittenBatch = { ...batch, changes, shared: [...indexes.keys()] };
  return JSON.stringify(written);
}

/** A batch of any data format; its changes are in that format still. */
export function decodeBatch(text: string): Batch {
  const { shared, ...batch } = JSON.parse(text) as WrittenBatch;
  if (shared === undefined) return batch;
  for (const change of batch.changes) {
    const field = sharedFieldOf(change);
    if (field === undefined) continue;
    const record = (change as Created).record as unknown as Record<string, unknown>;
    const value = shared[record[field] as number];
    assert(value, `revision ${batch.revision} has no shared value ${record[field]}`);
    record[field] = value;
  }
  return batch;
}

/** Undefined for a change that creates no record, or one of a kind without such a field. */
function sharedFieldOf(change: Change): string | undefined {
  if (!("record" in change)) return undefined;
  const parsed = parseChangeType(change.type);
  return parsed && (kinds[parsed.kind] as AnyKind).sharedField;
}
