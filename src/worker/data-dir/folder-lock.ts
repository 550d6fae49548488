// One worker a data folder. The lock belongs to an open file, so the kernel lets go of it however the process ends.

import { dlopen } from "bun:ffi";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

const exclusive = 2;
const atOnce = 4;

/** Where flock(2) lives: glibc, musl on both architectures, macOS. */
const libraries =
  process.platform === "darwin"
    ? ["libSystem.B.dylib"]
    : ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1", "libc.so"];

export type FolderLock = { release(): void } | { heldBy: string };

/** Takes the lock, or says which process has it. */
export function lockFile(path: string): FolderLock {
  const file = openSync(path, "a+", 0o600);
  if (flock(file, exclusive | atOnce) !== 0) {
    const heldBy = readFileSync(path, "utf8").trim();
    closeSync(file);
    return { heldBy };
  }
  try {
    // Only for the sentence that a second worker says: a full disk must keep no worker from starting again.
    ftruncateSync(file, 0);
    writeSync(file, `${process.pid}\n`);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOSPC") throw error;
  }
  return { release: () => closeSync(file) };
}

function flock(file: number, operation: number): number {
  for (const library of libraries) {
    let opened: { symbols: { flock: (file: number, operation: number) => number }; close: () => void };
    try {
      opened = dlopen(library, { flock: { args: ["i32", "i32"], returns: "i32" } });
    } catch {
      continue; // another platform's name
    }
    try {
      return opened.symbols.flock(file, operation);
    } finally {
      opened.close();
    }
  }
  return 0; // a system without flock: then nothing is kept apart, and nothing is refused
}
