// A quiet cluster: processor time over a minute and resident memory of a master with 1, 10 and 100 nodes that only send
// heartbeats, and of a worker without tasks. With PODLING_BEFORE, an older executable beside it.

import type { MasterProcess } from "../../tools/lab/cluster.ts";
import type { Bench } from "../bench.ts";
import { FleetProcess } from "../fleet-process.ts";
import { memoryOf, processorSeconds } from "../process-usage.ts";
import { notMeasured, type Row, target, type Unit } from "../report.ts";
import { samplesOf } from "../samples.ts";

const MINUTE_MS = 60_000;
/** Pause after the start, so that starts, joins and their garbage collections do not count. */
const SETTLE_MS = 15_000;
const CPU_PERCENT = 0.5;
const MEMORY_MB = 60;
const NODE_COUNTS = [1, 10, 100];
const section = "idle: a quiet cluster, over a minute";

interface Quiet {
  what: string;
  pid: number;
  end: () => Promise<unknown>;
}

export async function idle(bench: Bench): Promise<Row[]> {
  if (process.platform !== "linux") return [notMeasured(section, "idle", "only Linux has /proc")];
  const programs: Record<string, string | undefined> = { now: undefined };
  if (bench.before !== null) programs.before = bench.before;
  const running: Record<string, Quiet[]> = {};
  try {
    for (const [name, program] of Object.entries(programs)) {
      running[name] = [];
      for (const nodes of NODE_COUNTS) running[name].push(await quietMaster(bench, nodes, program));
      if (bench.labMissing() === null) {
        const { workers } = await bench.pair(program);
        running[name].push({ what: "worker without tasks", pid: workers[0]!.pid, end: async () => {} });
      }
    }
    bench.say("a quiet minute");
    await Bun.sleep(bench.count(SETTLE_MS, 3_000));
    const measured = await usage(running, bench.count(MINUTE_MS, 5_000));
    return rowsOf(running.now!, measured);
  } finally {
    for (const { end } of Object.values(running).flat()) await end();
  }
}

async function quietMaster(bench: Bench, nodes: number, program: string | undefined): Promise<Quiet> {
  const master: MasterProcess = await (await bench.cluster()).master({ program }).start();
  const fleet = new FleetProcess(master, 0, nodes, nodes);
  await fleet.event("ready");
  fleet.command("go");
  await fleet.event("registered");
  const end = async () => {
    fleet.end();
    await master.kill();
  };
  return { what: `master, ${nodes} node${nodes === 1 ? "" : "s"}`, pid: master.pid, end };
}

type Usage = { cpuPercent: number; memoryMB: number; ownMB: number };

/** All of them over the same time: together they use a few percent of a core. */
async function usage(running: Record<string, Quiet[]>, durationMs: number): Promise<Record<string, Usage[]>> {
  const all = Object.entries(running);
  const used = all.map(([, processes]) => processes.map(({ pid }) => processorSeconds(pid)));
  const from = performance.now();
  await Bun.sleep(durationMs);
  const seconds = (performance.now() - from) / 1000;
  return Object.fromEntries(
    all.map(([name, processes], index) => {
      const usages = processes.map(({ pid }, number) => {
        const { total, own } = memoryOf(pid);
        const cpuPercent = ((processorSeconds(pid) - used[index]![number]!) / seconds) * 100;
        return { cpuPercent, memoryMB: total / 1e6, ownMB: own / 1e6 };
      });
      return [name, usages];
    }),
  );
}

function rowsOf(processes: Quiet[], { now, before }: Record<string, Usage[]>): Row[] {
  const row = (index: number, what: string, unit: Unit, key: keyof Usage): Row => {
    const beside = before ? { beside: { name: "before", samples: samplesOf([before[index]![key]]) } } : {};
    return { section, what, unit, ours: samplesOf([now![index]![key]]), ...beside };
  };
  return processes.flatMap(({ what }, index) => [
    target(row(index, `${what}: processor time, of one core`, "%", "cpuPercent"), "at most", CPU_PERCENT),
    target(row(index, `${what}: resident memory`, "MB", "memoryMB"), "at most", MEMORY_MB),
    row(index, `${what}: of it not pages of the executable`, "MB", "ownMB"),
  ]);
}
