// Where a list of the worker is kept over restarts: its data folder, or memory in tests and in the simulation.

export interface ListStore<Entry> {
  /** `damage`: why the list could not be read; null if it could. */
  read(): { list: Entry[]; damage: string | null };
  /** Throws if it cannot be written. */
  write(list: readonly Entry[]): void;
}
