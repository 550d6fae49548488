// A list that the worker keeps as a small JSON file in its data folder: read and written whole, or not at all.

import { readFileSync } from "node:fs";
import type { ListStore } from "../list-store.ts";
import { writeWhole } from "./whole-file.ts";

export class ListFile<Entry> implements ListStore<Entry> {
  readonly #path: string;
  /** The name of the list in the file. */
  readonly #field: string;
  readonly #isEntry: (value: unknown) => value is Entry;

  constructor(path: string, field: string, isEntry: (value: unknown) => value is Entry) {
    this.#path = path;
    this.#field = field;
    this.#isEntry = isEntry;
  }

  /** The list is empty, without damage, if there is no file. */
  read(): { list: Entry[]; damage: string | null } {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { list: [], damage: code === "ENOENT" ? null : message };
    }
    try {
      const { [this.#field]: list } = JSON.parse(text) as Record<string, unknown>;
      if (Array.isArray(list) && list.every(this.#isEntry)) return { list, damage: null };
    } catch {
      // Not JSON: reported below.
    }
    return { list: [], damage: `${this.#path} is damaged` };
  }

  /** Atomic: a crash in the middle leaves the old file. */
  write(list: readonly Entry[]): void {
    writeWhole(this.#path, `${JSON.stringify({ [this.#field]: list })}\n`);
  }
}
