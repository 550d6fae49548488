// Memory and processor time of a process, as Linux shows them in /proc.

import { readFileSync } from "node:fs";

const KIB = 1024;
/** Linux counts processor time in hundredths of a second for every process. */
const TICKS_PER_SECOND = 100;

export interface Memory {
  total: number;
  /**
   * The part that is not pages of the executable. The kernel can drop those, processes share them, and how many count as
   * resident depends on the page cache: 39 to 54 MB were seen for one file. So comparisons use this part.
   */
  own: number;
}

/** In bytes. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const value = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) * KIB;
  return { total: value("VmRSS"), own: value("RssAnon") };
}

/** Used by the process itself so far, in user and kernel mode, without its children. NaN on other systems than Linux. */
export function processorSeconds(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
