// The list of images that Podling pulled, as a file in the worker's data folder.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { imagesName } from "../../model/data-files.ts";
import type { PulledImageRecord, PulledImagesStore } from "../gc/pulled-images.ts";
import { writeWhole } from "./whole-file.ts";

export class PulledImagesFile implements PulledImagesStore {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, imagesName);
  }

  read(): { images: PulledImageRecord[]; damage: string | null } {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { images: [], damage: code === "ENOENT" ? null : message };
    }
    try {
      const { images } = JSON.parse(text) as { images: PulledImageRecord[] };
      if (Array.isArray(images) && images.every(isRecord)) return { images, damage: null };
    } catch {
      // Not JSON: reported below.
    }
    return { images: [], damage: `${this.#path} is damaged` };
  }

  /** Atomic: a crash in the middle leaves the old file. */
  write(images: readonly PulledImageRecord[]): void {
    writeWhole(this.#path, `${JSON.stringify({ images }, null, 1)}\n`);
  }
}

function isRecord(value: Partial<PulledImageRecord> | null): boolean {
  const { imageId, names, pulledAt, usedAt } = value ?? {};
  const named = Array.isArray(names) && names.every((name) => typeof name === "string");
  return typeof imageId === "string" && named && Number.isFinite(pulledAt) && Number.isFinite(usedAt);
}
