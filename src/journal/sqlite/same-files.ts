// Notices that the files of an open journal were removed, replaced or cut off. A program that has them open can still write
// to them, but no start would find what it wrote.

import { type Stats, statSync } from "node:fs";
import { journalEnds } from "../../model/data-files.ts";
import { JournalUnavailable } from "../journal.ts";

const hint =
  "If it was moved, put it back. Else save the state while this master runs: podling backup FILE. Then restart the master, and podling restore FILE.";

export class SameFiles {
  readonly #path: string;
  readonly #file: Stats;
  readonly #log: Stats;
  #size: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = found(path);
    this.#log = found(`${path}${journalEnds.log}`);
    this.#size = this.#file.size;
  }

  /** Throws JournalUnavailable. Two system calls, for each append. */
  check(): void {
    const { size } = this.#same(this.#path, this.#file);
    this.#same(this.#path + journalEnds.log, this.#log);
    // The write-ahead log is cut back by SQLite itself; the file only grows.
    if (size < this.#size) throw new JournalUnavailable(`${this.#path} was cut off while this master runs`, hint);
    this.#size = size;
  }

  #same(path: string, { dev, ino }: Stats): Stats {
    const now = found(path);
    if (now.ino === ino && now.dev === dev) return now;
    throw new JournalUnavailable(`${path} was replaced by another file while this master runs`, hint);
  }
}

function found(path: string): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) return stats;
  throw new JournalUnavailable(`${path} was removed or moved while this master runs`, hint);
}
