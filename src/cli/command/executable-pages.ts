// Gives back pages of the executable's file that a start needed and a quiet process does not. A process maps what it has
// read of the file, and the kernel maps neighbours with it, so that 30 MB and more of resident memory are pages that are not
// used again. Pages that are used are mapped again, from the page cache.

import { readFileSync, readlinkSync } from "node:fs";

export interface Mapping {
  start: bigint;
  bytes: bigint;
}

const header = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(.*)$/;
/** MADV_DONTNEED: unmaps the pages of a range. */
const dontNeed = 4;

/**
 * The mappings of `file` that cannot be written to and of which the process has no changed copy of a page, from the text of
 * /proc/self/smaps. Only these lose nothing when they are unmapped: the file has their content.
 */
export function cleanMappings(smaps: string, file: string): Mapping[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((text) => {
    const [line = "", ...fields] = text.split("\n");
    const [, start, end, access, mapped] = header.exec(line) ?? [];
    if (mapped !== file || access?.[0] !== "r" || access[1] !== "-") return [];
    const isZero = (name: string) => fields.some((field) => new RegExp(`^${name}: +0 kB$`).test(field));
    // A changed copy is anonymous memory, resident or swapped out. Dirty pages that are neither belong to a file just written.
    if (!isZero("Anonymous") || !isZero("Swap")) return [];
    return [{ start: BigInt(`0x${start}`), bytes: BigInt(`0x${end}`) - BigInt(`0x${start}`) }];
  });
}

/** Unmaps them. Does nothing on systems other than Linux, and where the C library has another name. */
export async function unmapExecutable(): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    const { dlopen, FFIType } = await import("bun:ffi");
    const { u64, i32 } = FFIType;
    const { symbols, close } = dlopen("libc.so.6", { madvise: { args: [u64, u64, i32], returns: i32 } });
    try {
      const mappings = cleanMappings(readFileSync("/proc/self/smaps", "utf8"), readlinkSync("/proc/self/exe"));
      for (const { start, bytes } of mappings) symbols.madvise(start, bytes, dontNeed);
    } finally {
      close();
    }
  } catch {
    // The pages stay mapped, which costs nothing but their number in lists of processes.
  }
}
