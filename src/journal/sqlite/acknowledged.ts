// The newest revision that is known to be durable, in a small file beside a journal that is being written. By it a start
// notices that the end of the journal is missing: SQLite takes a damaged write-ahead log for one that simply ends there.

import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { journalEnds } from "../../model/data-files.ts";

/** A line of text of one length, so that each write replaces the one before. */
const lineBytes = 64;

function fileOf(path: string): string {
  return path + journalEnds.acknowledged;
}

export class Acknowledged {
  readonly #path: string;
  readonly #id: string;
  readonly #descriptor: number;

  /** `id` is that of the journal: a file that was left over from another journal counts for nothing. */
  constructor(path: string, id: string) {
    this.#path = path;
    this.#id = id;
    this.#descriptor = openSync(fileOf(path), "a+", 0o600);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(fileOf(path), "r+");
  }

  /** To be called when the revision is durable. A write that fails leaves an older revision, which is as true. */
  note(revision: number): void {
    const text = `${this.#id} ${revision}`;
    const line = `${text} ${Bun.hash.crc32(text)}`.padEnd(lineBytes - 1);
    try {
      writeSync(this.#descriptor, `${line}\n`, 0);
    } catch {
      // The disk that refuses this refuses the next batch too, and says so there.
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Once the journal itself says where it ends. */
  remove(): void {
    rmSync(fileOf(this.#path), { force: true });
  }
}

/** Null if no revision of this journal is known, or the file is damaged itself. */
export function readAcknowledged(path: string, id: string): number | null {
  let text: string;
  try {
    text = readFileSync(fileOf(path), "utf8");
  } catch {
    return null;
  }
  const [owner, revision, sum] = text.split(/\s+/);
  if (owner !== id || String(Bun.hash.crc32(`${owner} ${revision}`)) !== sum) return null;
  return Number(revision);
}
