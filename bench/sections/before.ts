// This executable beside an older one (PODLING_BEFORE=/path/to/podling): the same work in turn on the same machine in the
// same minutes. The ratio is the result; only the figures themselves need a quiet machine. Placements are compared if the
// older source is there, too (PODLING_BEFORE_SOURCE=/path/to/checkout).

import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "../../tools/lab/network.ts";
import { until } from "../../tools/lab/until.ts";
import { type Bench, createTasks, metric } from "../bench.ts";
import { type Memory, memoryOf } from "../process-usage.ts";
import { notMeasured, type Row, ratioTarget, type Unit } from "../report.ts";
import { alternate, type Samples, samplesOf } from "../samples.ts";
import { podlingLoss } from "./lost.ts";
import { memoryWithTasks, quietTime } from "./memory.ts";
import { podlingRun, timed, useOneNode } from "./one.ts";
import {
  changedListRate,
  createRate,
  getRate,
  type Listed,
  listRate,
  type Measured,
  masterWithTasks,
  withCpu,
} from "./rates.ts";
import { recoveredWithCpu, removeSnapshots } from "./recovery.ts";

/** Podling may be at most 5 % worse than before, by the ratio of medians. */
const LEAST_RATE = 0.95;
const MOST_TIME = 1.05;
const RECOVERED_TASKS = 101_000;

type Both = Record<"now" | "before", (round: number) => Promise<number>>;

interface Comparison {
  bench: Bench;
  before: string;
  section: string;
}

export async function before(bench: Bench): Promise<Row[]> {
  const section = "before: beside an older executable";
  if (bench.before === null) {
    return [notMeasured(section, "all of it", "PODLING_BEFORE does not name an older executable")];
  }
  const version = (await run([bench.before, "version", "--client"])).trim().split("\n")[0] ?? "";
  const comparison = { bench, before: bench.before, section: `before: beside ${version}` };
  const parts = [creates, reads, recovery, memory, containers, placements];
  const rows: Row[] = [];
  for (const part of parts) {
    // The other parts run although one failed.
    const failed = (error: Error) => [notMeasured(comparison.section, part.name, error.message.split("\n")[0] ?? "")];
    rows.push(...(await part(comparison).catch(failed)));
  }
  return rows;
}

interface Rounds {
  what: string;
  unit: Unit;
  rounds: number;
  warm?: boolean;
}

/** Measures both in turn, after one round that does not count. */
async function compare(
  { bench, section }: Comparison,
  { what, unit, rounds, warm = true }: Rounds,
  both: Both,
): Promise<Row> {
  bench.say(what);
  if (warm && !bench.quick) await alternate(1, both);
  return rowOf(section, what, unit, await alternate(bench.count(rounds, 1), both));
}

/** The same, with a second row for the processor time of the master. */
async function compareWithCpu(
  comparison: Comparison,
  rounds: Rounds,
  both: Record<keyof Both, () => Promise<Measured>>,
): Promise<Row[]> {
  const cpu: Record<keyof Both, number[]> = { now: [], before: [] };
  const measure = (name: keyof Both) => async () => {
    const { value, cpuMicros } = await both[name]();
    cpu[name].push(cpuMicros);
    return value;
  };
  const measures = { now: measure("now"), before: measure("before") };
  if (rounds.warm !== false && !comparison.bench.quick) await alternate(1, measures);
  cpu.now.length = cpu.before.length = 0;
  const row = await compare(comparison, { ...rounds, warm: false }, measures);
  const samples = { now: samplesOf(cpu.now), before: samplesOf(cpu.before) };
  return [row, rowOf(comparison.section, "  processor time of the master, each", "us", samples)];
}

function rowOf(section: string, what: string, unit: Unit, { now, before }: Record<keyof Both, Samples>): Row {
  const row: Row = { section, what, unit, ours: now, beside: { name: "before", samples: before } };
  return unit === "/s" ? ratioTarget(row, "at least", LEAST_RATE) : ratioTarget(row, "at most", MOST_TIME);
}

async function creates(comparison: Comparison): Promise<Row[]> {
  const rows: Row[] = [];
  for (const nodes of [10, 1000]) {
    const what = `creates, ${nodes.toLocaleString("en")} nodes, 32 clients`;
    const both = {
      now: () => createRate(comparison.bench, nodes),
      before: () => createRate(comparison.bench, nodes, comparison.before),
    };
    rows.push(...(await compareWithCpu(comparison, { what, unit: "/s", rounds: 5, warm: false }, both)));
  }
  return rows;
}

async function reads(comparison: Comparison): Promise<Row[]> {
  const { bench } = comparison;
  const now = await masterWithTasks(bench);
  const old = await masterWithTasks(bench, comparison.before);
  const reading = (what: string, count: number, step: (listed: Listed, count: number) => Promise<number>) => {
    const both = {
      now: () => withCpu(now.master, count, () => step(now, count)),
      before: () => withCpu(old.master, count, () => step(old, count)),
    };
    return compareWithCpu(comparison, { what, unit: "/s", rounds: 7 }, both);
  };
  try {
    return [
      ...(await reading("gets of one task, 32 clients", bench.count(30_000, 3_000), getRate)),
      ...(await reading("lists of 10,000 tasks, no change in between", bench.count(100, 20), listRate)),
      ...(await reading("lists of 10,000 tasks, a task changed before each", bench.count(20, 5), changedListRate)),
    ];
  } finally {
    await now.master.kill();
    await old.master.kill();
  }
}

async function recovery(comparison: Comparison): Promise<Row[]> {
  const { bench } = comparison;
  const tasks = bench.count(RECOVERED_TASKS, 10_000);
  const count = `${tasks.toLocaleString("en")} tasks`;
  const cluster = await bench.cluster();
  const prepare = async (program: string | undefined, name: string) => {
    const master = await bench.masterWithNodes(20, { program });
    await createTasks(master, tasks);
    const snapshots = async () => (await metric(master, "podling_snapshots_total")) > 0;
    if (!bench.quick) await until("a snapshot", snapshots, 30_000);
    await master.kill();
    const dataDir = cluster.folder(name);
    cpSync(master.dataDir, dataDir, { recursive: true });
    removeSnapshots(join(dataDir, "journal.db"));
    return { snapshot: master, log: cluster.master({ dataDir, program }) };
  };
  const now = await prepare(undefined, "log-only-now");
  const old = await prepare(comparison.before, "log-only-before");
  const starting = (what: string, from: "log" | "snapshot") => {
    const both = {
      now: () => recoveredWithCpu(now[from], tasks),
      before: () => recoveredWithCpu(old[from], tasks),
    };
    return compareWithCpu(comparison, { what: `recovery of ${count} ${what}`, unit: "s", rounds: 5 }, both);
  };
  return [
    ...(await starting("from the log alone", "log")),
    ...(await starting("from a snapshot and the log after it", "snapshot")),
  ];
}

async function idleMemory(bench: Bench, program: string | undefined): Promise<Memory> {
  const master = await (await bench.cluster()).master({ program }).start();
  await quietTime(bench);
  const memory = memoryOf(master.pid);
  await master.kill();
  return memory;
}

async function memory({ bench, before: older, section }: Comparison): Promise<Row[]> {
  const tasks = bench.count(100_000, 10_000);
  const measured = { now: [], before: [] } as Record<keyof Both, Record<"idle" | "created" | "restarted", number>[]>;
  bench.say("memory");
  for (let round = 0; round < bench.count(2, 1); round++) {
    for (const [name, program] of [
      ["now", undefined],
      ["before", older],
    ] as const) {
      const idle = (await idleMemory(bench, program)).own;
      const { created, restarted } = await memoryWithTasks(bench, tasks, program);
      const each = (one: Memory) => (one.own - idle) / tasks / 1024;
      measured[name].push({ idle: idle / 1e6, created: each(created), restarted: each(restarted) });
    }
  }
  const row = (what: string, unit: Unit, key: "idle" | "created" | "restarted"): Row => {
    const samples = (name: keyof Both) => samplesOf(measured[name].map((one) => one[key]));
    const beside = { name: "before", samples: samples("before") };
    return ratioTarget({ section, what, unit, ours: samples("now"), beside }, "at most", MOST_TIME);
  };
  const count = tasks.toLocaleString("en");
  return [
    row("memory of an idle master, without pages of the executable", "MB", "idle"),
    row(`memory a task, ${count} created`, "KB", "created"),
    row(`memory a task, ${count} after a restart`, "KB", "restarted"),
  ];
}

async function containers(comparison: Comparison): Promise<Row[]> {
  const { bench, section } = comparison;
  const missing = bench.labMissing();
  if (missing !== null) return [notMeasured(section, "podling run, node loss", missing)];
  const now = await bench.pair();
  const old = await bench.pair(comparison.before);
  const uncordon = [await useOneNode(now), await useOneNode(old)];
  const runs = await compare(
    comparison,
    { what: "podling run, command to running", unit: "s", rounds: 11 },
    {
      now: (round) => timed(now, () => podlingRun(now, `now-${round}`)),
      before: (round) => timed(old, () => podlingRun(old, `before-${round}`)),
    },
  );
  for (const undo of uncordon) await undo();
  const losses = await compare(
    comparison,
    { what: "a node cut off, to its task running on another", unit: "s", rounds: 3, warm: false },
    {
      now: (round) => podlingLoss(now, `lost-now-${round}`),
      before: (round) => podlingLoss(old, `lost-before-${round}`),
    },
  );
  return [runs, losses];
}

interface Placed {
  nodes: number;
  load: string;
  fillPerSecond: number;
  churnPerSecond: number;
}

/** The scheduler alone: each source's own bench/placements.ts, in turn. */
async function placements({ bench, section }: Comparison): Promise<Row[]> {
  const source = process.env.PODLING_BEFORE_SOURCE;
  if (!source) return [notMeasured(section, "placements", "PODLING_BEFORE_SOURCE does not name an older checkout")];
  const checkouts = { now: resolve(import.meta.dir, "../.."), before: resolve(source) };
  const rates = new Map<string, Record<keyof Both, number[]>>();
  bench.say("placements");
  const place = async (name: keyof Both): Promise<void> => {
    const script = join(checkouts[name], "bench/placements.ts");
    const flags = bench.quick ? ["--nodes=1000"] : [];
    const placed = JSON.parse(await run([process.execPath, script, "--json", "--quick", ...flags])) as Placed[];
    for (const { nodes, load, fillPerSecond, churnPerSecond } of placed) {
      const what = `placements, ${nodes.toLocaleString("en")} nodes, ${load}`;
      const both = rates.get(what) ?? { now: [], before: [] };
      both[name].push(fillPerSecond, churnPerSecond);
      rates.set(what, both);
    }
  };
  for (let round = 0; round < bench.count(3, 1); round++) {
    for (const name of round % 2 === 0 ? (["now", "before"] as const) : (["before", "now"] as const)) await place(name);
  }
  return [...rates]
    .filter(([, both]) => both.now.length > 0 && both.before.length > 0)
    .map(([what, both]) => {
      const beside = { name: "before", samples: samplesOf(both.before) };
      return ratioTarget({ section, what, unit: "/s", ours: samplesOf(both.now), beside }, "at least", LEAST_RATE);
    });
}
