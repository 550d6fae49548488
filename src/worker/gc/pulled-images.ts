// The images on the engine that Podling itself has pulled: by which names, and when they were last used. Only these may be
// removed: other images were there before, or someone else pulled them.

import { type Clock, toTimestamp } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { plainReference, splitReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import type { ImageState, PulledImage } from "../../runtime/images.ts";
import type { ListStore } from "../list-store.ts";

export interface PulledImageRecord {
  imageId: string;
  /** Plain references that Podling gave it. */
  names: readonly string[];
  /** ms since the epoch. */
  pulledAt: number;
  usedAt: number;
}

export interface PulledImagesOptions {
  clock: Clock;
  log: Log;
  /** Where the list is kept over restarts. Left out: it ends with the process. */
  store?: ListStore<PulledImageRecord>;
}

export class PulledImages {
  readonly #options: PulledImagesOptions;
  readonly #images = new Map<string, PulledImageRecord>();
  #savedAt = 0;

  constructor(options: PulledImagesOptions) {
    this.#options = options;
    const { list, damage } = options.store?.read() ?? { list: [], damage: null };
    for (const image of list) this.#images.set(image.imageId, image);
    if (damage === null) return;
    options.log.warn(
      "the list of images that Podling pulled cannot be read: these images stay until someone removes them",
      {
        why: damage,
      },
    );
  }

  get count(): number {
    return this.#images.size;
  }

  /** Null if Podling did not pull this image, or someone else has given it a name since. */
  of({ imageId, names }: ImageState): PulledImageRecord | null {
    const record = this.#images.get(imageId);
    return record && names.every((name) => isGivenName(record, name)) ? record : null;
  }

  /** A name that Podling did not give to an image which it pulled; null if there is none. */
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

  /** Tasks on this node need images of these names now. */
  used(names: ReadonlySet<string>): void {
    const now = this.#options.clock.now();
    let changed = false;
    for (const record of this.#images.values()) {
      if (!record.names.some((name) => names.has(name))) continue;
      this.#images.set(record.imageId, { ...record, usedAt: now });
      changed = true;
    }
    // Not written at every use, since writes wear out the disks of small machines; some minutes do not matter here.
    if (changed && Math.abs(now - this.#savedAt) >= limits.imageLookMs) this.#save();
  }

  get ids(): string[] {
    return [...this.#images.keys()];
  }

  /** They are no longer on the engine; if they come back, someone else has pulled them. */
  forget(imageIds: readonly string[]): void {
    const known = imageIds.filter((imageId) => this.#images.delete(imageId));
    if (known.length > 0) this.#save();
  }

  /** Those unused for longest come first. */
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
      // Most likely the disk is full. Images can still be removed then: the list in memory is enough for that.
      log.warn("the list of pulled images could not be written", {
        why: (error as Error).message,
        at: toTimestamp(clock.now()),
      });
    }
  }
}

/** A pull of any tag of its repository also brings the digest. */
function isGivenName({ names }: PulledImageRecord, name: string): boolean {
  if (names.includes(name)) return true;
  const { name: repository } = splitReference(name);
  return name.includes("@") && names.some((given) => splitReference(given).name === repository);
}
