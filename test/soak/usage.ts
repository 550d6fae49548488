// Samples resident memory and open files of processes from /proc, one series for each. trend.ts evaluates them.

import { readdirSync, readFileSync } from "node:fs";
import type { Sample } from "./trend.ts";

const MiB = 1024 * 1024;

export type Watched = {
  name: string;
  /** The process as it is now; null while it is killed on purpose. */
  pid: () => number | null;
  /** True when it runs from the warm-up to the end, so that its growth is checked. */
  measured: boolean;
};

export type Series = { watched: Watched; memory: Sample[]; files: Sample[]; pids: Set<number> };

export class Usage {
  readonly series: Series[];
  /** True after the warm-up. */
  measuring = false;

  constructor(watched: Watched[]) {
    this.series = watched.map((one) => ({ watched: one, memory: [], files: [], pids: new Set() }));
  }

  /** Drops the samples of the warm-up. */
  startMeasuring(): void {
    this.measuring = true;
    for (const one of this.series) {
      one.memory.length = 0;
      one.files.length = 0;
      one.pids.clear();
    }
  }

  sample(atMs: number): void {
    for (const { watched, memory, files, pids } of this.series) {
      const pid = watched.pid();
      const now = pid === null ? null : usageOf(pid);
      if (pid === null || now === null) continue;
      pids.add(pid);
      memory.push({ atMs, value: now.memoryMiB });
      files.push({ atMs, value: now.files });
    }
  }
}

/** Null when there is no such process. */
export function usageOf(pid: number): { memoryMiB: number; files: number } | null {
  try {
    const kib = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN);
    // A process that has ended but was not reaped yet has no VmRSS.
    if (Number.isNaN(kib)) return null;
    return { memoryMiB: (kib * 1024) / MiB, files: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return null;
  }
}
