// The list of images that Podling pulled, as a file in the worker's data folder.

import { join } from "node:path";
import { imagesName } from "../../model/data-files.ts";
import type { PulledImageRecord, PulledImagesStore } from "../gc/pulled-images.ts";
import { readList } from "./list-file.ts";
import { writeWhole } from "./whole-file.ts";

export class PulledImagesFile implements PulledImagesStore {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, imagesName);
  }

  read(): { images: PulledImageRecord[]; damage: string | null } {
    const { list, damage } = readList(this.#path, "images", isRecord);
    return { images: list, damage };
  }

  /** Atomic: a crash in the middle leaves the old file. */
  write(images: readonly PulledImageRecord[]): void {
    writeWhole(this.#path, `${JSON.stringify({ images }, null, 1)}\n`);
  }
}

function isRecord(value: unknown): value is PulledImageRecord {
  const { imageId, names, pulledAt, usedAt } = (value ?? {}) as Partial<PulledImageRecord>;
  const named = Array.isArray(names) && names.every((name) => typeof name === "string");
  return typeof imageId === "string" && named && Number.isFinite(pulledAt) && Number.isFinite(usedAt);
}
