// Resident memory (VmRSS) of an idle master and worker, when it has given the pages back that only its start needed, and
// of a master with 100,000 tasks, ten seconds after the last request; beside it the dockerd of a Swarm manager.

import { type Bench, createTasks } from "../bench.ts";
import { type Memory, memoryOf } from "../process-usage.ts";
import { notMeasured, type Row, target } from "../report.ts";
import { type Samples, samplesOf } from "../samples.ts";

const QUIET_MS = 10_000;
/** Pages of the executable are given back 30 s after the start (decision 22). */
const SETTLED_MS = 40_000;
const IDLE_MB = 60;
const TASK_KB = 1;
const KIB = 1024;

const megabytes = (all: Memory[]): Samples => samplesOf(all.map(({ total }) => total / 1e6));
const ownNote = (all: Memory[]) => {
  const own = samplesOf(all.map((one) => one.own / 1e6)).median;
  return `${own.toFixed(0)} MB without pages of the executable`;
};

/** A pause without requests, so that garbage has been collected. */
export const quietTime = (bench: Bench): Promise<void> => Bun.sleep(bench.count(QUIET_MS, 2_000));

export async function memory(bench: Bench): Promise<Row[]> {
  const section = "memory: resident";
  if (process.platform !== "linux") return [notMeasured(section, "memory", "only Linux has /proc")];
  const missing = bench.labMissing();
  const cluster = await bench.cluster();
  const pair = missing === null ? await bench.pair() : null;
  const swarm = missing === null ? await bench.swarm() : null;
  const masters = [];
  for (let count = 0; count < bench.count(3, 1); count++) masters.push(await cluster.master().start());
  await Bun.sleep(bench.count(SETTLED_MS, 2_000));
  const idle = masters.map(({ pid }) => memoryOf(pid));
  for (const master of masters) await master.kill();
  const beside =
    swarm === null
      ? {}
      : { beside: { name: "dockerd, Swarm manager", samples: megabytes([memoryOf(swarm.manager.pid)]) } };
  const master: Row = { section, what: "master, idle", unit: "MB", ours: megabytes(idle), ...beside };
  const rows = [target({ ...master, note: ownNote(idle) }, "at most", IDLE_MB)];
  if (pair === null) {
    rows.push(notMeasured(section, "worker, idle", missing ?? ""));
  } else {
    const workers = pair.workers.map(({ pid }) => memoryOf(pid));
    const plain = pair.hosts.map(({ engine }) => memoryOf(engine.pid));
    const row: Row = { section, what: "worker, idle", unit: "MB", ours: megabytes(workers), note: ownNote(workers) };
    const besideWorker = { beside: { name: "dockerd, no Swarm", samples: megabytes(plain) } };
    rows.push(target({ ...row, ...besideWorker }, "at most", IDLE_MB));
  }
  return [...rows, ...(await loaded(bench, section, idle))];
}

/** The memory of a master with so many tasks: as they were created, and after a restart. */
export async function memoryWithTasks(bench: Bench, tasks: number, program?: string) {
  const quiet = () => quietTime(bench);
  const master = await bench.masterWithNodes(20, { program });
  await createTasks(master, tasks);
  await quiet();
  const created = memoryOf(master.pid);
  await master.kill();
  await master.start();
  await quiet();
  const restarted = memoryOf(master.pid);
  await master.kill();
  return { created, restarted };
}

async function loaded(bench: Bench, section: string, idle: Memory[]): Promise<Row[]> {
  const tasks = bench.count(100_000, 10_000);
  const { created, restarted } = await memoryWithTasks(bench, tasks);
  // Without pages of the executable: how many of them are resident changes with the time since the start.
  const idleBytes = samplesOf(idle.map(({ own }) => own)).median;
  const count = tasks.toLocaleString("en");
  const each = (one: Memory) => samplesOf([(one.own - idleBytes) / tasks / KIB]);
  const row = (what: string, unit: "MB" | "KB", ours: Samples): Row => ({ section, what, unit, ours });
  return [
    row(`master, ${count} tasks created`, "MB", megabytes([created])),
    target(row("  each of these tasks, beyond idle", "KB", each(created)), "at most", TASK_KB),
    row(`master, ${count} tasks, started again`, "MB", megabytes([restarted])),
    target(row("  each of these tasks, beyond idle", "KB", each(restarted)), "at most", TASK_KB),
  ];
}
