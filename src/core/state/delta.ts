// The effect of one change on one record. Undo applies it backwards, and indexes follow it in both directions.

import type { KindName, RecordOf } from "../../model/kinds/kinds.ts";

/** `before` is null for a record that was created, `after` for one that was removed. Records are immutable. */
export type Delta = { [K in KindName]: DeltaOf<K> }[KindName];

export interface DeltaOf<K extends KindName> {
  kind: K;
  before: RecordOf<K> | null;
  after: RecordOf<K> | null;
}

/** Is called for each record of a kind that changes. Its content depends on the records only, never on the order of calls. */
export interface Index<R> {
  moved(before: R | null, after: R | null): void;
}
