// The text that the log keeps of a batch. A value that several of its records have in common (the `sharedField` of their
// kind) is written once.

import { type Batch, type Change, parseChangeType } from "./change.ts";
import { type AnyKind, kinds } from "./kinds/kinds.ts";
import { fillInShared, SharedNumbers } from "./kinds/shared-values.ts";

/** As it is written: a shared field holds the number of a value in `shared`. */
interface WrittenBatch extends Batch {
  shared?: readonly object[];
}

type Created = Extract<Change, { record: object }>;

export function encodeBatch(batch: Batch): string {
  const numbers = new SharedNumbers();
  const changes = batch.changes.map((change) => {
    const field = sharedFieldOf(change);
    if (field === undefined) return change;
    const { type, record } = change as Created;
    return { type, record: numbers.numbered(record, field) } as Change;
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
    if (field !== undefined) fillInShared((change as Created).record, field, shared, missing);
  }
  return batch;
}

/** Undefined for a change that creates no record, or one of a kind without such a field. */
function sharedFieldOf(change: Change): string | undefined {
  if (!("record" in change)) return undefined;
  const parsed = parseChangeType(change.type);
  return parsed && (kinds[parsed.kind] as AnyKind).sharedField;
}
