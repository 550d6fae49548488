// The list of images that Podling pulled, as a file in the worker's data folder.

import { join } from "node:path";
import { imagesName } from "../../model/data-files.ts";
import type { PulledImageRecord } from "../gc/pulled-images.ts";
import { ListFile } from "./list-file.ts";

export class PulledImagesFile extends ListFile<PulledImageRecord> {
  constructor(dataDir: string) {
    super(join(dataDir, imagesName), "images", isRecord);
  }
}

function isRecord(value: unknown): value is PulledImageRecord {
  const { imageId, names, pulledAt, usedAt } = (value ?? {}) as Partial<PulledImageRecord>;
  const named = Array.isArray(names) && names.every((name) => typeof name === "string");
  return typeof imageId === "string" && named && Number.isFinite(pulledAt) && Number.isFinite(usedAt);
}
