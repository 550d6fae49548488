// The port to the volumes of an engine. Each method may throw RuntimeError("engine-unavailable").

export interface VolumeState {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Null: the engine was not asked, or did not say. */
  sizeBytes: number | null;
}

export interface Volumes {
  /** All named and unnamed volumes on the engine, also those that are not Podling's, ordered by name. Sizes take seconds. */
  list(withSizes: boolean): Promise<VolumeState[]>;

  /** Removes a volume that no container uses. Resolves to null when it is gone; else to the sentence why it stays. */
  remove(name: string): Promise<string | null>;

  /**
   * The content of a volume that exists as a tar archive, with owners and modes. Its entries are below "volume/". No program
   * runs for it. The stream fails if the engine stops before the end. `owner`: the node, for `removeHelpers`.
   */
  archive(name: string, owner: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;

  /**
   * Makes a volume with these labels, and unpacks such an archive into it. There must be no volume of the name. Throws, and
   * leaves no volume behind, if the archive fails or the engine refuses it.
   */
  fill(
    name: string,
    labels: Readonly<Record<string, string>>,
    owner: string,
    archive: ReadableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * Removes what a process that was killed in the middle of `archive` or `fill`, or an engine that went away then, has left on
   * the engine: of a `fill` also the volume, whose files are incomplete, and else no data. `volume`: only what works on that
   * volume; null: on any. Must not be called while a `fill` of it is under way.
   */
  removeHelpers(owner: string, volume: string | null): Promise<void>;
}
