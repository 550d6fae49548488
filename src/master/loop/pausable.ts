// The interface by which a restore pauses the tick loop and the snapshots.

export interface Pausable {
  /** Resolves when nothing is under way. Nothing begins until `resume`. */
  pause(): Promise<void>;
  resume(): void;
}
