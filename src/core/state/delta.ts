// What one change did to one record. Applying it backwards takes the change back, and every index follows the same way.

import type { KindName, RecordOf } from "../../model/kinds/kinds.ts";

/** `before` is null for a record that was created, `after` for one that was removed. Records are immutable. */
export type Delta = { [K in KindName]: DeltaOf<K> }[KindName];

export interface DeltaOf<K extends KindName> {
  kind: K;
  before: RecordOf<K> | null;
  after: RecordOf<K> | null;
}

/** Follows the records of a kind. Its content must be a function of the records alone, never of the order of calls. */
export interface Index<R> {
  moved(before: R | null, after: R | null): void;
}
