// Leases of a journal that only this process can write to: because it is in its memory, or because the process holds
// the lock of the file. The newest lease counts, and it is lost only to the next one or when the journal is closed.

import type { Lease } from "./journal.ts";

export class LocalLeases {
  #epoch = 0;
  #newest: Lease | null = null;
  #endNewest: () => void = () => {};

  acquire(): Lease {
    this.end();
    const epoch = ++this.#epoch;
    const lost = new Promise<void>((resolve) => {
      this.#endNewest = resolve;
    });
    this.#newest = { epoch, fence: `local-${epoch}`, lost, validUntil: () => Number.POSITIVE_INFINITY };
    return this.#newest;
  }

  /** True while this lease may append. */
  holds(lease: Lease): boolean {
    return this.#newest !== null && this.#newest.fence === lease.fence;
  }

  end(): void {
    this.#newest = null;
    this.#endNewest();
  }
}
