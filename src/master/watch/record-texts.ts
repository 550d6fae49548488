// Records as watchers get them, as JSON text. Follows from the table of kinds: a kind needs no code here.

import { type AnyKind, kinds, type MasterFields, type RecordOf, type WatchedKind } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";

/** Records whose text is kept, some 16 MB of tasks; none before the first stream. */
const textsKept = limits.listMax * 2;

type FieldsOf = (record: object) => object;

export class RecordTexts {
  readonly #masterFields: Partial<Record<WatchedKind, FieldsOf>>;
  /** Streams show the same records to many subscribers. Records are immutable, and so is their text. */
  #texts = new WeakMap<object, string>();
  #count = 0;

  constructor(masterFields: MasterFields) {
    this.#masterFields = masterFields as Partial<Record<WatchedKind, FieldsOf>>;
  }

  of<K extends WatchedKind>(kind: K, record: RecordOf<K>): string {
    const { view, viewText } = kinds[kind] as AnyKind;
    const masterFields = this.#masterFields[kind];
    // These fields change without the record, so the text is not kept.
    if (masterFields) return JSON.stringify({ ...view(record, "read"), ...masterFields(record) });
    const kept = this.#texts.get(record);
    if (kept !== undefined) return kept;
    if (this.#count >= textsKept) {
      this.#texts = new WeakMap();
      this.#count = 0;
    }
    const text = viewText ? viewText(record) : JSON.stringify(view(record, "read"));
    this.#texts.set(record, text);
    this.#count++;
    return text;
  }
}
