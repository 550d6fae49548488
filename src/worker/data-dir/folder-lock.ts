// Allows one worker per data folder. The lock belongs to an open file, so the kernel releases it however the process ends.

import { dlopen } from "bun:ffi";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

const exclusive = 2;
const atOnce = 4;

/** The libraries that may have flock(2): glibc, musl on both architectures, macOS. */
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
    // The process id is only for the error message of a second worker, so a full disk must not keep a worker from starting.
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
      continue; // a library of another platform
    }
    try {
      return opened.symbols.flock(file, operation);
    } finally {
      opened.close();
    }
  }
  return 0; // a system without flock: two workers are not kept apart
}
