// Start of a master after kill -9 with a long log, from the start of the process to 200 on GET /ready: from the log alone,
// and from a snapshot and the log after it. Files are in the page cache.

import { Database } from "bun:sqlite";
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { MasterProcess } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { type Bench, createTasks, metric } from "../bench.ts";
import { processorSeconds } from "../process-usage.ts";
import { type Row, target } from "../report.ts";
import { alternate, type Samples } from "../samples.ts";
import type { Measured } from "./rates.ts";

const TARGET_S = 2;
const POLL_MS = 2;

export async function recovery(bench: Bench): Promise<Row[]> {
  // Each task is two changes (created, placed), so the first snapshot is due just before the last thousand.
  const tasks = bench.count(101_000, 10_000);
  const section = `recovery: ${tasks.toLocaleString("en")} tasks created and placed, kill -9, start to ready`;
  const cluster = await bench.cluster();
  const first = await bench.masterWithNodes(20);
  await createTasks(first, tasks);
  if (!bench.quick) await until("a snapshot", async () => (await metric(first, "podling_snapshots_total")) > 0, 30_000);
  await first.kill();

  const logOnly = cluster.folder("log-only");
  cpSync(first.dataDir, logOnly, { recursive: true });
  removeSnapshots(join(logOnly, "journal.db"));
  const withoutSnapshot = cluster.master({ dataDir: logOnly });
  const empty = cluster.master();
  const measured: Record<string, Samples> = await alternate<string>(bench.count(5, 1), {
    log: () => recovered(withoutSnapshot, tasks),
    ...(bench.quick ? {} : { snapshot: () => recovered(first, tasks) }),
    empty: () => recovered(empty, 0),
  });
  const row = (what: string, name: string): Row => ({
    section,
    what,
    unit: "s",
    ours: measured[name] ?? null,
    note: measured[name] ? "" : "a quick run has too few changes for a snapshot",
  });
  return [
    target(row("from the log alone", "log"), "at most", TARGET_S),
    target(row("from a snapshot and the log after it", "snapshot"), "at most", TARGET_S),
    row("an empty journal, for comparison", "empty"),
  ];
}

/** Leaves the folder as if no snapshot had been due yet. */
export function removeSnapshots(path: string): void {
  const db = new Database(path);
  db.run("DELETE FROM chunks");
  db.run("DELETE FROM snapshots");
  db.close();
}

/** Starts the master and kills it when it is ready. Returns the seconds between; throws if a task is missing. */
export async function recovered(master: MasterProcess, tasks: number): Promise<number> {
  return (await recoveredWithCpu(master, tasks)).value;
}

/** The same, with the processor time for each task until it was ready. */
export async function recoveredWithCpu(master: MasterProcess, tasks: number): Promise<Measured> {
  const from = performance.now();
  const launched = master.launch();
  while (true) {
    try {
      if ((await fetch(`${master.url}/ready`)).ok) break;
    } catch {
      launched.mustRun();
    }
    await Bun.sleep(POLL_MS);
  }
  const took = (performance.now() - from) / 1000;
  const cpuMicros = (processorSeconds(master.pid) / Math.max(tasks, 1)) * 1e6;
  const reported = [...launched.output().matchAll(/recovered .*?\btasks=(\d+)/g)].at(-1)?.[1];
  if (Number(reported) !== tasks) throw new Error(`recovered ${reported} tasks of ${tasks}`);
  await master.kill();
  return { value: took, cpuMicros };
}
