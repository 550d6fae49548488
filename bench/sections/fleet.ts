// Many workers and one master: thousands of simulated workers in their own processes register at once, send heartbeats and
// read assignments while other clients send requests; then the master is killed, and all workers come back.

import { readFileSync } from "node:fs";
import type { MasterProcess } from "../../tools/lab/cluster.ts";
import { addressOf, type Bench, metric, taskBody } from "../bench.ts";
import { FleetProcess, type Stats } from "../fleet-process.ts";
import { processorSeconds } from "../process-usage.ts";
import { notMeasured, type Row, type Unit } from "../report.ts";
import { samplesOf } from "../samples.ts";
import { p99, probe } from "../wire.ts";

const CHILDREN = 2;
/** Open files that master and children need besides one connection for each worker and one for its stream. */
const SPARE_FILES = 1_000;

export async function fleet(bench: Bench): Promise<Row[]> {
  if (process.platform !== "linux") {
    return [notMeasured("fleet", "simulated workers", "only Linux tells processor time in /proc")];
  }
  const rows: Row[] = [];
  for (const workers of bench.quick ? [200] : [1_000, 10_000]) {
    // A machine may be too small for ten thousand workers and large enough for one thousand.
    const why = (error: Error) => [notMeasured(`fleet: ${workers} simulated workers`, "all of it", error.message)];
    rows.push(...(await fleetOf(bench, workers).catch(why)));
  }
  return rows;
}

async function fleetOf(bench: Bench, workers: number): Promise<Row[]> {
  const section = `fleet: ${workers.toLocaleString("en")} simulated workers, one master`;
  const master = await (await bench.cluster()).master().start();
  const streams = Math.min(workers, openFilesAllowed(master.pid) - workers - SPARE_FILES);
  const children = Array.from(
    { length: CHILDREN },
    (_, i) => new FleetProcess(master, i, workers / CHILDREN, streams / CHILDREN),
  );
  const row = (what: string, unit: Unit, values: readonly number[], note = ""): Row => ({
    section,
    what,
    unit,
    ours: samplesOf(values),
    ...(note === "" ? {} : { note }),
  });
  try {
    await Promise.all(children.map((child) => child.event("ready")));
    const from = performance.now();
    for (const child of children) child.command("go");
    await Promise.all(children.map((child) => child.event("registered")));
    const registered = (performance.now() - from) / 1000;
    bench.say(`${workers} workers are registered; measuring when their heartbeats are spread evenly`);
    await Promise.all([settled(children, bench.count(12_000, 3_000)), allAnswered(children)]);
    const steady = await steadyState(master, children, bench.count(20_000, 4_000));
    await mustBeOnline(master, workers);
    const held = steady.openStreams.toLocaleString("en");
    const stopped = performance.now();
    await master.kill();
    const back = allAnswered(children);
    await master.start();
    const started = (performance.now() - stopped) / 1000;
    bench.say(`the master is back after ${started.toFixed(1)} s; waiting for all workers`);
    await back;
    const answered = (performance.now() - stopped) / 1000;
    await mustBeOnline(master, workers);
    return [
      row(`${workers.toLocaleString("en")} workers: all registered, all at once`, "s", [registered]),
      row("processor time of the master, of one core", "%", [steady.cpuPercent], `${held} streams held`),
      row("resident memory of the master", "MB", [steady.residentMB]),
      row("heartbeats answered", "/s", [steady.beats.length / steady.seconds]),
      row("a heartbeat, from request to response", "ms", steady.beats),
      row("  99 of 100 within", "ms", [p99(steady.beats)]),
      row("GET of one task", "ms", steady.gets),
      row("  99 of 100 within", "ms", [p99(steady.gets)]),
      row("POST of a task", "ms", steady.posts),
      row("  99 of 100 within", "ms", [p99(steady.posts)]),
      row(
        "kill -9 and start, until every worker has reported",
        "s",
        [answered],
        `the master answered after ${started.toFixed(2)} s`,
      ),
    ];
  } finally {
    for (const child of children) child.end();
    await master.kill();
  }
}

async function steadyState(master: MasterProcess, children: FleetProcess[], durationMs: number) {
  const task = await master.json<{ taskId: string }>("POST", "/api/v1/tasks", JSON.parse(taskBody("probed")));
  await Promise.all(children.map((child) => child.stats())); // resets the counts
  const from = performance.now();
  const used = processorSeconds(master.pid);
  const get = { method: "GET", path: `/api/v1/tasks/${task.taskId}`, status: 200 };
  const [gets, posts] = await Promise.all([
    probe(addressOf(master), () => get, { durationMs, everyMs: 20 }),
    probe(
      addressOf(master),
      (n) => ({ method: "POST", path: "/api/v1/tasks", body: taskBody(`probe-${n}`), status: 201 }),
      { durationMs, everyMs: 50 },
    ),
  ]);
  const usedSeconds = processorSeconds(master.pid) - used;
  const seconds = (performance.now() - from) / 1000;
  const residentMB = (await metric(master, "process_resident_memory_bytes")) / 1e6;
  const stats = await Promise.all(children.map((child) => child.stats()));
  const failures = failuresIn(stats);
  if (failures !== "") throw new Error(`heartbeats were not answered: ${failures}`);
  return {
    seconds,
    cpuPercent: (usedSeconds / seconds) * 100,
    residentMB,
    gets,
    posts,
    beats: stats.flatMap(({ latencies }) => latencies),
    openStreams: stats.reduce((sum, one) => sum + one.openStreams, 0),
  };
}

/** Waits until all workers have got through a round without a failure: those that register at once need some. */
async function settled(children: FleetProcess[], roundMs: number): Promise<void> {
  let failures = "";
  for (let round = 0; round < 10; round++) {
    await Promise.all(children.map((child) => child.stats())); // resets the counts
    await Bun.sleep(roundMs);
    failures = failuresIn(await Promise.all(children.map((child) => child.stats())));
    if (failures === "") return;
  }
  throw new Error(`after ten rounds of heartbeats there still are failures: ${failures}`);
}

/** Empty if there were none. */
function failuresIn(stats: Stats[]): string {
  const all = stats.flatMap((one) => Object.entries(one.failures));
  return all.map(([why, times]) => `${times} x ${why}`).join(", ");
}

async function allAnswered(children: FleetProcess[]): Promise<void> {
  for (const child of children) child.command("mark");
  await Promise.all(children.map((child) => child.event("answered")));
}

/** Throws unless all workers are online, because a false loss would make every figure meaningless. */
async function mustBeOnline(master: MasterProcess, workers: number): Promise<void> {
  const nodes = await master.json<{ status: string }[]>("GET", "/api/v1/nodes");
  const online = nodes.filter(({ status }) => status === "online").length;
  if (nodes.length !== workers || online !== workers) {
    throw new Error(`${online} of ${nodes.length} nodes are online; ${workers} workers send heartbeats`);
  }
}

function openFilesAllowed(pid: number): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1]);
}
