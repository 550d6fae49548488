// Writes a small file atomically: after a crash or a power cut there is the old file or the new one.

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { draftEnd } from "../../model/data-files.ts";

/** Throws the error of the file system; the old file is then unchanged. */
export function writeWhole(path: string, text: string): void {
  const draft = path + draftEnd;
  const file = openSync(draft, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
