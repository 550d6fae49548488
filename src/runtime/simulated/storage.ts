// What is on a simulated engine's disk: its images, the volumes that containers created, and what containers use that are
// not Podling's.

import { plainReference } from "../../model/image-reference.ts";
import type { DiskUsage } from "../../model/node/cleanup.ts";
import type { ContainerUse } from "../containers.ts";
import type { ImageState, PulledImage } from "../images.ts";
import type { RuntimeError } from "../runtime-error.ts";
import type { VolumeState } from "../volumes.ts";

export interface SimulatedImage {
  present: boolean;
  pullMs: number;
  sizeBytes: number;
  /** What a pull throws now; null: nothing. */
  failure?: () => RuntimeError | null;
  /** Names with the same id are one image; left out: an id of its own. */
  imageId?: string;
  parentId?: string;
}

/** `otherBytes` is what is used by neither images nor free. */
export interface SimulatedDisk {
  totalBytes: number;
  otherBytes: number;
}

/** A volume that is being filled. Does nothing any more when another fill of the volume has begun, or the volume was removed. */
export interface SimulatedFill {
  /** Sets what the volume has so far. */
  write(content: string): void;
  /** The volume is complete. */
  complete(): void;
  /** Removes the volume. */
  drop(): void;
}

export class SimulatedStorage {
  readonly #images: Map<string, SimulatedImage>;
  readonly #disk: SimulatedDisk | null;
  readonly #uses: () => ContainerUse[];
  readonly #volumes = new Map<string, VolumeState>();
  readonly #contents = new Map<string, string>();
  /** The newest fill of each volume that is not complete. */
  readonly #fills = new Map<string, SimulatedFill>();
  /** Containers on this engine that are not Podling's. */
  readonly others: ContainerUse[] = [];

  constructor(images: Map<string, SimulatedImage>, disk: SimulatedDisk | null, uses: () => ContainerUse[]) {
    this.#images = images;
    this.#disk = disk;
    this.#uses = uses;
  }

  idOf(reference: string): string {
    return this.#images.get(reference)?.imageId ?? `sha256:${plainReference(reference)}`;
  }

  /** A pull of this reference is done. */
  brought(reference: string): PulledImage | null {
    const imageId = this.idOf(reference);
    const image = this.#images.get(reference)!;
    if (image.present) return null;
    const isNew = !this.images().some((one) => one.imageId === imageId);
    image.present = true;
    return { imageId, sizeBytes: image.sizeBytes, isNew };
  }

  putImage(reference: string, image: SimulatedImage): void {
    this.#images.set(reference, image);
  }

  images(): ImageState[] {
    const states = new Map<string, ImageState>();
    for (const [reference, { present, sizeBytes, parentId }] of this.#images) {
      if (!present) continue;
      const imageId = this.idOf(reference);
      const names = [...(states.get(imageId)?.names ?? []), plainReference(reference)].sort();
      states.set(imageId, { imageId, names, sizeBytes, parentId: parentId ?? null });
    }
    return [...states.values()].sort((left, right) => (left.imageId < right.imageId ? -1 : 1));
  }

  removeImage(imageId: string, names: readonly string[]): string | null {
    const found = this.images().find((image) => image.imageId === imageId);
    if (!found) return null;
    const other = found.names.find((name) => !names.includes(name));
    if (other !== undefined) return `it is also called ${other}`;
    const user = this.uses().find((use) => use.imageId === imageId);
    if (user) return `the engine keeps it: container ${user.name} uses it`;
    for (const [reference, image] of this.#images) if (this.idOf(reference) === imageId) image.present = false;
    return null;
  }

  /** A volume that exists keeps its labels. */
  putVolume(name: string, labels: Record<string, string> = {}): void {
    if (!this.#volumes.has(name)) this.#volumes.set(name, { name, labels, sizeBytes: 0 });
  }

  /** Volumes whose files are incomplete, because what fills them is not done, or never will be. */
  get partial(): string[] {
    return [...this.#fills.keys()];
  }

  /** Makes a volume that is filled from now on. */
  beginFill(name: string, labels: Readonly<Record<string, string>>): SimulatedFill {
    const whileNewest = (then: () => void) => {
      if (this.#fills.get(name) === fill) then();
    };
    const fill: SimulatedFill = {
      write: (content) => whileNewest(() => this.setContent(name, content)),
      complete: () => whileNewest(() => this.#fills.delete(name)),
      drop: () => whileNewest(() => this.dropPartial(name)),
    };
    this.#fills.set(name, fill);
    this.putVolume(name, { ...labels });
    this.setContent(name, "");
    return fill;
  }

  /** Ends the fill of a volume that is incomplete, and removes the volume. */
  dropPartial(name: string): void {
    this.#fills.delete(name);
    this.removeVolume(name);
  }

  /** What is in a volume. */
  content(name: string): string {
    return this.#contents.get(name) ?? "";
  }

  setContent(name: string, content: string): void {
    this.#contents.set(name, content);
  }

  volumes(withSizes: boolean): VolumeState[] {
    return [...this.#volumes.values()]
      .map((volume) => (withSizes ? volume : { ...volume, sizeBytes: null }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  removeVolume(name: string): string | null {
    const user = this.uses().find(({ volumes }) => volumes.includes(name));
    if (user) return `the engine keeps it: container ${user.name} uses it`;
    if (this.#fills.has(name)) return "the engine keeps it: the container that fills it uses it";
    this.#volumes.delete(name);
    this.#contents.delete(name);
    return null;
  }

  uses(): ContainerUse[] {
    return [...this.#uses(), ...this.others];
  }

  disk(): DiskUsage | null {
    if (this.#disk === null) return null;
    const imageBytes = this.images().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { path: "/simulated", usedBytes: this.#disk.otherBytes + imageBytes, totalBytes: this.#disk.totalBytes };
  }
}
