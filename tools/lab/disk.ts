// A small disk for a data folder that a test can fill, free and make read-only.

import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "./network.ts";

const BLOCK = new Uint8Array(64 * 1024);

export class TinyDisk {
  readonly path: string;
  readonly #filler: string;

  private constructor(path: string) {
    this.path = path;
    this.#filler = join(path, ".filler");
  }

  static async mount(path: string, sizeBytes: number): Promise<TinyDisk> {
    mkdirSync(path, { recursive: true });
    await run(["mount", "-t", "tmpfs", "-o", `size=${sizeBytes},mode=755`, "podling-lab", path]);
    return new TinyDisk(path);
  }

  /** Fills the disk to the last byte. */
  fill(): void {
    const file = openSync(this.#filler, "a");
    try {
      for (let size = BLOCK.length; size >= 1; size = Math.floor(size / 2)) {
        try {
          while (writeSync(file, BLOCK.subarray(0, size)) > 0);
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  /** Frees the space that `fill` used. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  async readOnly(yes: boolean): Promise<void> {
    await run(["mount", "-o", `remount,${yes ? "ro" : "rw"}`, this.path]);
  }
}
