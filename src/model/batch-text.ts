// The text that the log keeps of a batch. A value that several of its records and updates have in common (the `sharedField` of
// their kind) is written once.

import { type Batch, type Change, parseChangeType } from "./change.ts";
import { type AnyKind, kinds } from "./kinds/kinds.ts";
import { fillInShared, SharedNumbers } from "./kinds/shared-values.ts";

/** As it is written: a shared field holds the number of a value in `shared`. */
interface WrittenBatch extends Batch {
  shared?: readonly object[];
}

type Updated = Extract<Change, { set: object }>;

export function encodeBatch(batch: Batch): string {
  const numbers = new SharedNumbers();
  const changes = batch.changes.map((change) => {
    const field = sharedFieldOf(change);
    if (field === undefined) return change;
    if ("record" in change) return { ...change, record: numbers.numbered(change.record, field) } as Change;
    const { set } = change as Updated;
    return field in set ? ({ ...change, set: numbers.numbered(set, field) } as Change) : change;
  });
  if (numbers.count === 0) return JSON.stringify(batch);
  const written: WrittenBatch = { ...batch, changes, shared: numbers.values as readonly object[] };
  return JSON.stringify(written);
}

/** A batch of any data format; its changes are in that format still. */
export function decodeBatch(text: string): Batch {
  const { shared, ...batch } = JSON.parse(text) as WrittenBatch;
  if (shared === undefined) return batch;
  const missing = (number: unknown) => `revision ${batch.revision} has no shared value ${number}`;
  for (const change of batch.changes) {
    const field = sharedFieldOf(change);
    if (field === undefined) continue;
    if ("record" in change) fillInShared(change.record, field, shared, missing);
    else if (isNumbered(change as Updated, field)) fillInShared((change as Updated).set, field, shared, missing);
  }
  return batch;
}

/** False for an update without the field, or with the value itself. */
function isNumbered({ set }: Updated, field: string): boolean {
  return typeof (set as Record<string, unknown>)[field] === "number";
}

/** Undefined for a change that removes a record, or of a kind without such a field. */
function sharedFieldOf(change: Change): string | undefined {
  if (!("record" in change || "set" in change)) return undefined;
  const parsed = parseChangeType(change.type);
  return parsed && (kinds[parsed.kind] as AnyKind).sharedField;
}
