// Finds the process that holds the lock of a file, for the error message of a second master.

import { readFileSync, statSync } from "node:fs";

/** Its process id; null if it is not known. Linux lists locks as "1: POSIX  ADVISORY  WRITE 1234 fe:00:1474573 0 EOF". */
export function lockHolder(path: string): string | null {
  try {
    const line = readFileSync("/proc/locks", "utf8")
      .split("\n")
      .find((text) => text.includes(`:${statSync(path).ino} `));
    const pid = line?.split(/\s+/)[4];
    return pid && Number(pid) > 0 ? pid : null;
  } catch {
    return null;
  }
}
