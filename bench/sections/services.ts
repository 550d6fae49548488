// Services: a thousand replicas on a hundred workers, one change among many, the memory of a replica, and twenty replicas on two
// nodes beside a real two-node Swarm: created, and replaced start-first.

import { resolve } from "node:path";
import { type MasterProcess, podling } from "../../tools/lab/cluster.ts";
import { run } from "../../tools/lab/network.ts";
import { until } from "../../tools/lab/until.ts";
import { type Bench, clearPair, metric, nodesOnline, type Pair } from "../bench.ts";
import { CONTAINER_COMMAND } from "../container-command.ts";
import { memoryOf, processorSeconds } from "../process-usage.ts";
import { notMeasured, type Row, target } from "../report.ts";
import { alternate, samplesOf } from "../samples.ts";
import type { RolloutChanges, ServiceTicks } from "../service-ticks.ts";
import { docker, type Swarm } from "../swarm.ts";
import { quietTime } from "./memory.ts";

const SETTLE_CPU_S = 1;
const TICK_MS = 1;
const REPLICA_KB = 1;
const ROLLOUT_CHANGES = 400;
const CHANGES = "services: changes that a service of 100 replicas writes, without reports of workers";
const KIB = 1024;
const POLL_MS = 10;
const WAIT_MS = 120_000;

/** Without the pauses that Swarm does not make. */
const noPauses = { minReadyMs: 0, monitorMs: 0, drainMs: 0 };

interface Measured {
  all: ServiceTicks[];
  changes: RolloutChanges;
}

interface Served {
  replicas: { serving: number; updated: number; going: number };
  rollout: object | null;
}

export async function services(bench: Bench): Promise<Row[]> {
  return [...(await ticks(bench)), ...(await settling(bench)), ...(await memory(bench)), ...(await besideSwarm(bench))];
}

async function ticks(bench: Bench): Promise<Row[]> {
  const script = resolve(import.meta.dir, "../service-ticks.ts");
  const flags = bench.quick ? ["--quick"] : [];
  const measured = JSON.parse(await run([process.execPath, script, "--json", ...flags])) as Measured;
  const rows = measured.all.map(({ services: count, tasks, what, ms }) =>
    target(
      {
        section: `services: one tick among ${count.toLocaleString("en")} services with ${tasks.toLocaleString("en")} tasks`,
        ...{ what, unit: "ms", ours: samplesOf(ms) },
      },
      "at most",
      TICK_MS,
    ),
  );
  const changes = (what: string, count: number, most: number) =>
    target({ section: CHANGES, what, unit: "changes", ours: samplesOf([count]) }, "at most", most);
  return [
    ...rows,
    changes("rollout of a new revision, 10 at a time", measured.changes.rollout, ROLLOUT_CHANGES),
    changes("the same template applied again", measured.changes.unchanged, 0),
  ];
}

/** Real workers on simulated engines, so that only the master costs anything. */
async function settling(bench: Bench): Promise<Row[]> {
  const workers = bench.count(100, 10);
  const replicas = bench.count(1_000, 100);
  const section = `services: ${replicas.toLocaleString("en")} replicas on ${workers} workers with simulated engines`;
  if (process.platform !== "linux") return [notMeasured(section, "all", "only Linux tells processor time in /proc")];
  const cpu: number[] = [];
  const took: number[] = [];
  const rolled: number[] = [];
  for (let round = 0; round < bench.count(3, 1); round++) {
    const master = await (await bench.cluster()).master().start();
    const child = Bun.spawn(
      [process.execPath, resolve(import.meta.dir, "../workers-child.ts"), master.url, `${workers}`],
      {
        ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
      },
    );
    try {
      await child.stdout.getReader().read();
      await nodesOnline(master, workers);
      await quietTime(bench);
      const put = async (env: object, holds: (served: Served) => boolean) => {
        const before = processorSeconds(master.pid);
        const from = performance.now();
        const body = { name: "web", image: "demo", pullPolicy: "never", replicas, env, rollout: noPauses };
        await master.json("PUT", "/api/v1/services/web", {
          ...body,
          ...{ rollout: { ...noPauses, parallelism: 100 } },
        });
        await reaches(master, "web", holds, 100);
        return { cpu: processorSeconds(master.pid) - before, took: (performance.now() - from) / 1000 };
      };
      const created = await put({}, ({ replicas: { serving } }) => serving === replicas);
      cpu.push(created.cpu);
      took.push(created.took);
      const updated = await put(
        { TURN: "2" },
        ({ replicas: { serving, updated: done, going }, rollout }) =>
          serving === replicas && done === replicas && going === 0 && rollout === null,
      );
      rolled.push(updated.cpu);
    } finally {
      child.kill("SIGKILL");
      await master.kill();
    }
  }
  const row = (what: string, values: number[]): Row => ({ section, what, unit: "s", ours: samplesOf(values) });
  return [
    target(row("created until all serve: processor time of the master", cpu), "at most", SETTLE_CPU_S),
    row("created until all serve", took),
    row("all replaced, 100 at a time: processor time of the master", rolled),
  ];
}

async function reaches(
  master: MasterProcess,
  name: string,
  holds: (served: Served) => boolean,
  pollMs = POLL_MS,
): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!holds(await master.json<Served>("GET", `/api/v1/services/${name}`))) {
    if (performance.now() > deadline) throw new Error(`${name} was not as asked within ${WAIT_MS / 1000} s`);
    await Bun.sleep(pollMs);
  }
}

/** Replicas that are placed on nodes without a worker, as the tasks of the section "memory". */
async function memory(bench: Bench): Promise<Row[]> {
  const section = "services: memory of the master";
  if (process.platform !== "linux") return [notMeasured(section, "memory", "only Linux has /proc")];
  const count = 10;
  const replicas = bench.count(10_000, 1_000);
  const master = await bench.masterWithNodes(20);
  try {
    await quietTime(bench);
    const idle = memoryOf(master.pid).own;
    for (let number = 0; number < count; number++) {
      const body = { ...{ name: `s${number}`, image: "nginx:1.27", env: { MODE: "production" } }, replicas };
      await master.json("PUT", `/api/v1/services/s${number}?resolve=never`, body);
    }
    const expected = count * replicas;
    await until(
      "all replicas to be placed",
      async () => (await metric(master, 'podling_tasks{status="scheduled"}')) === expected,
    );
    await quietTime(bench);
    const bytes = (memoryOf(master.pid).own - idle) / expected;
    const what = `each of ${expected.toLocaleString("en")} replicas, beyond idle`;
    const row: Row = { section, what, unit: "KB", ours: samplesOf([bytes / KIB]) };
    return [target(row, "at most", REPLICA_KB)];
  } finally {
    await master.kill();
  }
}

async function besideSwarm(bench: Bench): Promise<Row[]> {
  const replicas = bench.count(20, 4);
  const section = `services: ${replicas} replicas on two nodes beside a two-node Swarm`;
  const missing = bench.labMissing();
  if (missing !== null) return [notMeasured(section, "created and updated", missing)];
  const pair = await bench.pair();
  const swarm = await bench.swarm();
  const round = {
    podling: (number: number) => ofPodling(pair, replicas, `web-${number}`),
    swarm: () => ofSwarm(swarm, replicas),
  };
  const updates: Record<"podling" | "swarm", number[]> = { podling: [], swarm: [] };
  const created = await alternate(bench.count(3, 1), {
    podling: async (number) => {
      const { create, update } = await round.podling(number);
      updates.podling.push(update);
      return create;
    },
    swarm: async () => {
      const { create, update } = await round.swarm();
      updates.swarm.push(update);
      return create;
    },
  });
  const row = (what: string, ours: Row["ours"], name: string, samples: NonNullable<Row["ours"]>): Row => ({
    ...{ section, what, unit: "s", ours },
    beside: { name, samples },
  });
  return [
    row("service create until all run", created.podling, "docker service create", created.swarm),
    row(
      "start-first update until all run the new revision",
      samplesOf(updates.podling),
      "docker service update",
      samplesOf(updates.swarm),
    ),
  ];
}

async function timed(step: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await step();
  return (performance.now() - from) / 1000;
}

interface Both {
  create: number;
  update: number;
}

async function ofPodling(pair: Pair, replicas: number, name: string): Promise<Both> {
  const { master, image, program } = pair;
  const command = async (words: string[]) => {
    const { code, stderr } = await podling(words, { master, program, limitMs: WAIT_MS });
    if (code !== 0) throw new Error(`podling ${words.join(" ")} ended with ${code}: ${stderr}`);
  };
  const pauses = ["--min-ready", "0s", "--monitor", "0s", "--drain", "0s"];
  const create = await timed(async () => {
    const flags = ["--replicas", `${replicas}`, "--stop-timeout", "1", ...pauses, "-d"];
    await command(["service", "create", name, "--image", image, ...flags, "--", ...CONTAINER_COMMAND]);
    await reaches(master, name, ({ replicas: { serving } }) => serving === replicas);
  });
  const update = await timed(async () => {
    await command(["service", "update", name, "-e", "TURN=2", "--order", "start-first", "-d"]);
    await reaches(master, name, ({ replicas: { updated } }) => updated === replicas);
  });
  await master.json("DELETE", `/api/v1/services/${name}`);
  await clearPair(pair);
  return { create, update };
}

async function ofSwarm(swarm: Swarm, replicas: number): Promise<Both> {
  let name = "";
  const create = await timed(async () => {
    name = await swarm.createAndRun(replicas);
  });
  const update = await timed(async () => {
    const flags = ["--detach", "--quiet", "--no-resolve-image", "--update-order", "start-first", "--env-add", "TURN=2"];
    await docker(swarm.hosts[0]!, ["service", "update", ...flags, name]);
    await swarm.updated(name, "TURN=2", replicas);
  });
  await swarm.clear();
  return { create, update };
}
