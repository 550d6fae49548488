// A simulated file of records: what was written and not synced is lost at a crash, or half of it is there. It can be
// full, broken or slow. It knows nothing of what is written.

import { type Random, randomInteger } from "../../lib/random.ts";

export type DiskTrouble = "none" | "full" | "broken";

/** Why a write was refused, as a sentence. */
export class DiskError extends Error {
  override name = "DiskError";
}

/** In ms. */
export interface SyncTime {
  min: number;
  max: number;
}

export class SimulatedDisk {
  readonly #random: Random;
  /** Records as text; a torn one is cut short. */
  #records: string[] = [];
  /** So many of them survive a crash for certain. */
  #synced = 0;
  trouble: DiskTrouble = "none";
  /** How long a sync takes; 0: it is done when the call returns. */
  syncMs: SyncTime = { min: 0, max: 0 };
  /** How long it takes instead while the disk is slow: the last one counts. Empty when the disk is as fast as usual. */
  readonly slowness: SyncTime[] = [];
  /** Called with each record that has become durable, in order. */
  onDurable: (record: string) => void = () => {};
  /** The share of appends after which it is unknown whether the disk has them. */
  unknownShare = 0;
  writes = 0;
  syncs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Not certain before a sync. Throws DiskError, and then nothing was written. */
  write(record: string): void {
    this.mayWrite();
    this.writes++;
    this.#records.push(record);
  }

  /** Takes back what was written last and not synced. */
  takeBack(): void {
    if (this.#records.length > this.#synced) this.#records.pop();
  }

  /** The sync of one write is that of all before it: what is synced already needs none, also of a disk that is full by now. */
  sync(): void {
    if (this.allSynced()) return;
    this.mayWrite();
    this.syncs++;
    while (this.#synced < this.#records.length) this.onDurable(this.#records[this.#synced++]!);
  }

  /** How the next append ends, as far as its program can tell. */
  drawSyncFate(): "known" | "unknown-kept" | "unknown-lost" {
    if (this.unknownShare === 0 || this.#random.next() >= this.unknownShare) return "known";
    return this.#random.next() < 0.5 ? "unknown-kept" : "unknown-lost";
  }

  allSynced(): boolean {
    return this.#synced === this.#records.length;
  }

  /** A new file that takes the old one's place at once (written, synced, renamed). */
  replace(records: readonly string[]): void {
    this.mayWrite();
    this.#records = [...records];
    this.#synced = records.length;
  }

  read(): readonly string[] {
    return this.#records;
  }

  /** The last record is no whole one. */
  dropTorn(): void {
    this.#records.pop();
    this.#synced = Math.min(this.#synced, this.#records.length);
  }

  syncDelayMs(): number {
    const { min, max } = this.slowness.at(-1) ?? this.syncMs;
    return max === 0 ? 0 : min + this.#random.next() * (max - min);
  }

  /** Power or process gone: of what was not synced a part is there, the last of it perhaps torn. */
  crash(): void {
    const unsynced = this.#records.length - this.#synced;
    const kept = unsynced === 0 ? 0 : randomInteger(this.#random, unsynced + 1);
    const torn = kept < unsynced ? this.#records[this.#synced + kept]! : "";
    this.#records.length = this.#synced + kept;
    while (this.#synced < this.#records.length) this.onDurable(this.#records[this.#synced++]!);
    if (torn === "" || this.#random.next() < 0.5) return;
    this.#records.push(torn.slice(0, randomInteger(this.#random, torn.length)));
    this.#synced++;
  }

  /** Throws DiskError where it takes no write now. */
  mayWrite(): void {
    if (this.trouble === "full") throw new DiskError("no space is left on the simulated disk");
    if (this.trouble === "broken") throw new DiskError("the simulated disk does not take writes");
  }
}
