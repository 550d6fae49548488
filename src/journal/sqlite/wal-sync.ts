// Makes what was written to the write-ahead log durable without blocking: the sync runs on a thread of the platform's
// pool, and everything written before it began shares it.

import { closeSync, fdatasync, openSync } from "node:fs";
import { journalEnds } from "../../model/data-files.ts";

export type SyncFile = (descriptor: number, done: (error: Error | null) => void) => void;

export class WalSync {
  readonly #descriptor: number;
  readonly #syncFile: SyncFile;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #closed = false;

  /** Throws if the file is not there. The database keeps one file for as long as it is open. */
  constructor(path: string, syncFile: SyncFile = fdatasync) {
    this.#descriptor = openSync(path + journalEnds.log, "r+");
    this.#syncFile = syncFile;
  }

  /** Resolves when all that was written before the call is durable; rejects if the disk reports an error. */
  sync(): Promise<void> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  /** A sync under way ends first. */
  close(): void {
    this.#closed = true;
    if (this.#running === null && this.#next === null) closeSync(this.#descriptor);
  }

  #start(): Promise<void> {
    this.#next = null;
    const sync = new Promise<void>((resolve, reject) => {
      this.#syncFile(this.#descriptor, (error) => {
        if (this.#running === sync) this.#running = null;
        if (this.#closed && this.#running === null && this.#next === null) closeSync(this.#descriptor);
        if (error) reject(error);
        else resolve();
      });
    });
    this.#running = sync;
    return sync;
  }
}
