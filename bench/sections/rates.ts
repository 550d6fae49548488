// Requests a second: durable creates beside Swarm's services, gets, and lists of 10,000 tasks. Each master is new, with its
// own folder on disk, and its nodes run no containers.

import { join, resolve } from "node:path";
import type { MasterProcess } from "../../tools/lab/cluster.ts";
import { addressOf, type Bench, createTasks, type ListedTask, taskBody } from "../bench.ts";
import { httpRequest, mustLoad } from "../http-load.ts";
import { processorSeconds } from "../process-usage.ts";
import { type Row, ratioTarget, target } from "../report.ts";
import { alternate, type Samples, samplesOf, seconds } from "../samples.ts";

const CONNECTIONS = 32;
const LISTED = 10_000;
const section = "rates: the API, 32 clients, every create on disk before its answer";

/** Rates of a master in Go with the same API that keeps everything in memory only, on two cores. */
const inMemory = { creates: { 0: 24_000, 10: 4_900, 1000: 1_900 }, gets: 34_000, lists: 125 };
/** Times Swarm's rate. */
const timesSwarm: Record<number, number> = { 10: 15, 1000: 10 };

export async function rates(bench: Bench): Promise<Row[]> {
  return [...(await creates(bench)), ...(await gets(bench)), ...(await lists(bench))];
}

/**
 * Creates before the measured ones. The threads of the runtime that compile take 25 us for each create up to about the
 * 20,000th, and 4 us after it.
 */
const warmUp = (bench: Bench) => bench.count(20_000, 300);

export async function createRate(bench: Bench, nodes: number, program?: string): Promise<Measured> {
  const master = await bench.masterWithNodes(nodes, { program });
  const requests = bench.count(30_000, 3_000);
  await createTasks(master, warmUp(bench), "warm");
  const rate = await withCpu(master, requests, async () => {
    return (await createTasks(master, requests, "task", CONNECTIONS)).perSecond;
  });
  await master.kill();
  return rate;
}

export interface Measured {
  value: number;
  /** Processor time of the process for each operation, in us. Other programs on the machine change it far less than `value`. */
  cpuMicros: number;
}

/** Runs a step of so many operations, and measures the master's processor time beside it. */
export async function withCpu(
  master: MasterProcess,
  operations: number,
  step: () => Promise<number>,
): Promise<Measured> {
  const from = processorSeconds(master.pid);
  const value = await step();
  return { value, cpuMicros: ((processorSeconds(master.pid) - from) / operations) * 1e6 };
}

/** The same requests to a server that only reads, syncs and answers: the limit of the runtime and this disk. */
async function bareRate(bench: Bench): Promise<number> {
  const folder = (await bench.cluster()).folder("bare");
  const script = resolve(import.meta.dir, "../bare-child.ts");
  const child = Bun.spawn([process.execPath, script, join(folder, "log")], { stdout: "pipe", stderr: "inherit" });
  try {
    const reader = child.stdout.getReader();
    const port = Number(new TextDecoder().decode((await reader.read()).value));
    const load = (requests: number) =>
      mustLoad({
        to: { host: "127.0.0.1", port },
        connections: CONNECTIONS,
        requests,
        status: 201,
        request: (n) => httpRequest("POST", "/api/v1/tasks", taskBody(`task-${n}`)),
      });
    const requests = bench.count(30_000, 3_000);
    await load(warmUp(bench));
    return (await load(requests)).perSecond;
  } finally {
    child.kill("SIGKILL");
  }
}

async function creates(bench: Bench): Promise<Row[]> {
  const missing = bench.labMissing();
  const swarm = missing === null ? await bench.swarm() : null;
  const requests = bench.count(2_000, 300);
  const measured: Record<string, Samples> = await alternate<string>(bench.count(5, 1), {
    ...(swarm === null
      ? {}
      : {
          swarm: async () => {
            await swarm.createServices(requests / 10, CONNECTIONS);
            const { perSecond } = await swarm.createServices(requests, CONNECTIONS);
            await swarm.clear();
            return perSecond;
          },
        }),
    0: async () => (await createRate(bench, 0)).value,
    10: async () => (await createRate(bench, 10)).value,
    1000: async () => (await createRate(bench, 1000)).value,
    bare: () => bareRate(bench),
  });
  const swarmBeside = measured.swarm ? { beside: { name: "Swarm services", samples: measured.swarm } } : {};
  const bare: Row = {
    section,
    what: "a bare server: reads, syncs, responds",
    unit: "/s",
    ours: measured.bare!,
    ...swarmBeside,
  };
  const rows = ([0, 10, 1000] as const).map((nodes) => {
    const row: Row = {
      section,
      what: `creates, ${nodes.toLocaleString("en")} nodes`,
      unit: "/s",
      ours: measured[nodes]!,
      ...swarmBeside,
      ...(missing === null ? {} : { note: `no Swarm beside it: ${missing}` }),
    };
    const times = timesSwarm[nodes];
    const beside = times === undefined ? row : ratioTarget(row, "at least", times);
    return target(beside, "at least", inMemory.creates[nodes]);
  });
  return [...rows, bare];
}

async function gets(bench: Bench): Promise<Row[]> {
  const listed = await masterWithTasks(bench);
  const requests = bench.count(50_000, 5_000);
  await getRate(listed, requests / 5);
  const samples: number[] = [];
  for (let count = 0; count < bench.count(5, 1); count++) samples.push(await getRate(listed, requests));
  await listed.master.kill();
  return [
    target({ section, what: "gets of one task", unit: "/s", ours: samplesOf(samples) }, "at least", inMemory.gets),
  ];
}

export interface Listed {
  master: MasterProcess;
  tasks: ListedTask[];
}

/** A master with 10 nodes and 10,000 tasks. */
export async function masterWithTasks(bench: Bench, program?: string): Promise<Listed> {
  const master = await bench.masterWithNodes(10, { program });
  await createTasks(master, LISTED);
  return { master, tasks: await master.json<ListedTask[]>("GET", `/api/v1/tasks?limit=${LISTED}`) };
}

export async function getRate({ master, tasks }: Listed, requests: number): Promise<number> {
  const { perSecond } = await mustLoad({
    to: addressOf(master),
    connections: CONNECTIONS,
    requests,
    status: 200,
    request: (n) => httpRequest("GET", `/api/v1/tasks/${tasks[(n * 7919) % tasks.length]!.taskId}`),
  });
  return perSecond;
}

/** Lists of all 10,000 tasks a second, with no change in between. */
export async function listRate({ master }: Listed, requests: number, connections = 4): Promise<number> {
  const { perSecond } = await mustLoad({
    to: addressOf(master),
    connections,
    requests,
    status: 200,
    request: () => httpRequest("GET", `/api/v1/tasks?limit=${LISTED}`),
  });
  return perSecond;
}

async function lists(bench: Bench): Promise<Row[]> {
  const listed = await masterWithTasks(bench);
  await listRate(listed, 20);
  const warm: number[] = [];
  const cold: number[] = [];
  for (let round = 0; round < bench.count(5, 1); round++) {
    warm.push(await listRate(listed, bench.count(300, 50)));
    cold.push(await changedListRate(listed, bench.count(40, 10)));
  }
  await listed.master.kill();
  const row = (what: string, samples: number[]) =>
    target({ section, what, unit: "/s", ours: samplesOf(samples) }, "at least", inMemory.lists);
  return [
    row("lists of 10,000 tasks, no change in between", warm),
    row("lists of 10,000 tasks, a task changed before each", cold),
  ];
}

/** The same with a create before each list, by one client; only the lists are timed. */
export async function changedListRate(listed: Listed, count: number): Promise<number> {
  let spent = 0;
  for (let n = 0; n < count; n++) {
    await listed.master.json("POST", "/api/v1/tasks", JSON.parse(taskBody(`cold-${n}`)));
    spent += await seconds(() => listRate(listed, 1, 1));
  }
  return count / spent;
}
