// Which images on the engine Podling itself has pulled, by which names, and when they were last used. Only these may ever
// be removed: what is not in here was there before, or came by somebody else.

import { type Clock, toTimestamp } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { plainReference, splitReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import type { ImageState, PulledImage } from "../../runtime/images.ts";

export interface PulledImageRecord {
  imageId: string;
  /** That Podling gave it: plain references. */
  names: readonly string[];
  /** ms since the epoch. */
  pulledAt: number;
  usedAt: number;
}

/** Where it is kept over restarts. */
export interface PulledImagesStore {
  /** `damage`: why nothing could be read from what is there. */
  read(): { images: PulledImageRecord[]; damage: string | null };
  /** Throws where it cannot be written. */
  write(images: readonly PulledImageRecord[]): void;
}

export interface PulledImagesOptions {
  clock: Clock;
  log: Log;
  /** Left out: what was pulled is forgotten with the process. */
  store?: PulledImagesStore;
}

export class PulledImages {
  readonly #options: PulledImagesOptions;
  readonly #images = new Map<string, PulledImageRecord>();
  #savedAt = 0;

  constructor(options: PulledImagesOptions) {
    this.#options = options;
    const { images, damage } = options.store?.read() ?? { images: [], damage: null };
    for (const image of images) this.#images.set(image.imageId, image);
    if (damage === null) return;
    options.log.warn("which images Podling pulled is not known any more: they stay until somebody removes them", {
      why: damage,
    });
  }

  get count(): number {
    return this.#images.size;
  }

  /** Null: this image is not Podling's, or somebody has given it a name since. */
  of({ imageId, names }: ImageState): PulledImageRecord | null {
    const record = this.#images.get(imageId);
    return record && names.every((name) => isGivenName(record, name)) ? record : null;
  }

  /** A name of an image of ours that Podling did not give it; null: there is none. */
  otherName({ imageId, names }: ImageState): string | null {
    const record = this.#images.get(imageId);
    return (record && names.find((name) => !isGivenName(record, name))) ?? null;
  }

  pulled(image: string, { imageId, isNew }: PulledImage): void {
    const name = plainReference(image);
    const now = this.#options.clock.now();
    const known = this.#images.get(imageId);
    if (isNew) this.#images.set(imageId, { imageId, names: [name], pulledAt: now, usedAt: now });
    else if (known) this.#images.set(imageId, { ...known, names: [...new Set([...known.names, name])], usedAt: now });
    else return;
    for (const superfluous of this.#byUse().slice(0, -limits.pulledImages)) this.#images.delete(superfluous.imageId);
    this.#save();
  }

  /** Tasks here want images of these names now. */
  used(names: ReadonlySet<string>): void {
    const now = this.#options.clock.now();
    let changed = false;
    for (const record of this.#images.values()) {
      if (!record.names.some((name) => names.has(name))) continue;
      this.#images.set(record.imageId, { ...record, usedAt: now });
      changed = true;
    }
    // Kept as exactly as it matters: every write wears small machines' disks.
    if (changed && Math.abs(now - this.#savedAt) >= limits.imageLookMs) this.#save();
  }

  get ids(): string[] {
    return [...this.#images.keys()];
  }

  /** They are not on the engine any more; should they come back, somebody else has brought them. */
  forget(imageIds: readonly string[]): void {
    const known = imageIds.filter((imageId) => this.#images.delete(imageId));
    if (known.length > 0) this.#save();
  }

  /** Unused for longest first. */
  #byUse(): PulledImageRecord[] {
    return [...this.#images.values()].sort(
      (left, right) => left.usedAt - right.usedAt || (left.imageId < right.imageId ? -1 : 1),
    );
  }

  #save(): void {
    const { store, log, clock } = this.#options;
    this.#savedAt = clock.now();
    try {
      store?.write(this.#byUse());
    } catch (error) {
      // Most likely the disk is full, which is when images are to be removed: what is in memory serves for that.
      log.warn("what was pulled could not be written down", {
        why: (error as Error).message,
        at: toTimestamp(clock.now()),
      });
    }
  }
}

/** A digest comes with a pull of any tag of its repository. */
function isGivenName({ names }: PulledImageRecord, name: string): boolean {
  if (names.includes(name)) return true;
  const { name: repository } = splitReference(name);
  return name.includes("@") && names.some((given) => splitReference(given).name === repository);
}
