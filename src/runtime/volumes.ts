// The port to the volumes of an engine. Each method may throw RuntimeError("engine-unavailable").

export interface VolumeState {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Null if it was not asked for, or not answered in time. */
  sizeBytes: number | null;
}

export interface Volumes {
  /** All named and unnamed volumes on the engine, also those that are not Podling's, ordered by name. Sizes take seconds. */
  list(withSizes: boolean): Promise<VolumeState[]>;

  /** Removes a volume that no container uses. Resolves to null when it is gone; else to the sentence why it stays. */
  remove(name: string): Promise<string | null>;
}
