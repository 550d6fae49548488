// A client's copy of the records that watchers see, of every kind of the table: set from lists, and kept up to date by the
// events of `GET /api/v1/watch`.

import type { WatchEvent } from "../../api/views/stream-events.ts";
import { type AnyKind, kinds, type WatchedKind, type WatchedView, watchedKinds } from "../../model/kinds/kinds.ts";

export class RecordCopy {
  readonly #records = new Map<string, Map<string, object>>(watchedKinds.map((kind) => [kind, new Map()]));

  /** Its records of this kind by id, as the master sent them. */
  of<K extends WatchedKind>(kind: K): ReadonlyMap<string, WatchedView<K>> {
    return this.#records.get(kind) as unknown as ReadonlyMap<string, WatchedView<K>>;
  }

  /** Sets all records of a kind, as a list gave them. */
  replace(kind: WatchedKind, listed: readonly object[]): void {
    const records = this.#records.get(kind)!;
    records.clear();
    for (const record of listed) records.set((kinds[kind] as AnyKind).idOf(record), record);
  }

  apply(event: WatchEvent): void {
    const kind = event.type.slice(0, event.type.indexOf(".")) as WatchedKind;
    const { idOf } = kinds[kind] as AnyKind;
    const record = (event as Partial<Record<WatchedKind, object>>)[kind];
    if (record) this.#records.get(kind)!.set(idOf(record), record);
    else this.#records.get(kind)!.delete(idOf(event));
  }
}
