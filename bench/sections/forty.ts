// Forty containers on two nodes, command to all running: 40 creates through the API by 8 clients, beside 40 parallel
// `docker run -d` split over the same two engines, and beside the engines' own API without command lines.

import { type Bench, clearPair, type ListedTask, type Pair } from "../bench.ts";
import { CONTAINER_COMMAND } from "../container-command.ts";
import { notMeasured, type Row, ratioTarget } from "../report.ts";
import { alternate } from "../samples.ts";
import { docker } from "../swarm.ts";
import { engineRun } from "./one.ts";

const TARGET_RATIO = 1.05;
const CLIENTS = 8;

export async function forty(bench: Bench): Promise<Row[]> {
  const count = bench.count(40, 8);
  const section = `forty: ${count} containers on two nodes, command to all running`;
  const missing = bench.labMissing();
  if (missing !== null) return [notMeasured(section, `${count} creates`, missing)];
  const pair = await bench.pair();
  const contenders = {
    podling: (round: number) => timed(pair, () => podlingMany(pair, count, `forty-${round}`)),
    docker: () => timed(pair, () => dockerMany(pair, count)),
    engines: () => timed(pair, () => enginesMany(pair, count)),
  };
  if (!bench.quick) await alternate(1, contenders);
  const times = await alternate(bench.count(3, 1), contenders);
  const row: Row = { section, what: `${count} creates, ${CLIENTS} clients`, unit: "s", ours: times.podling };
  const commands = { beside: { name: `${count} parallel docker run -d`, samples: times.docker } };
  const engines = { beside: { name: "engines' create, start", samples: times.engines } };
  return [ratioTarget({ ...row, ...commands }, "at most", TARGET_RATIO), { ...row, ...engines }];
}

async function timed(pair: Pair, step: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await step();
  const took = (performance.now() - from) / 1000;
  await clearPair(pair);
  return took;
}

/** Creates all, and waits on one stream of changes until the last of them runs. */
export async function podlingMany({ master, image }: Pair, count: number, name: string): Promise<void> {
  const allRun = countRunning(master.url, count);
  let next = 0;
  const client = async () => {
    while (next < count) {
      const body = { name: `${name}-${next++}`, image, args: CONTAINER_COMMAND };
      await master.json("POST", "/api/v1/tasks", body);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await allRun;
}

/** Resolves when `count` tasks run. */
async function countRunning(url: string, count: number): Promise<void> {
  const answer = await fetch(`${url}/api/v1/tasks?watch=true`);
  const running = new Set<string>();
  let text = "";
  for await (const chunk of answer.body!) {
    text += new TextDecoder().decode(chunk);
    const end = text.lastIndexOf("\n");
    for (const line of text.slice(0, end).split("\n")) {
      if (!line.startsWith("data: ")) continue;
      const task = JSON.parse(line.slice(6)) as Partial<ListedTask>;
      if (task.status === "running") running.add(task.taskId!);
      if (task.status === "failed") throw new Error(`a task failed: ${line}`);
    }
    text = text.slice(end + 1);
    if (running.size >= count) return;
  }
  throw new Error(`the stream ended with ${running.size} of ${count} running`);
}

async function dockerMany({ hosts, image }: Pair, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, n) => docker(hosts[n % 2]!, ["run", "-d", image, ...CONTAINER_COMMAND])),
  );
}

async function enginesMany(pair: Pair, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => engineRun(pair, n % 2)));
}
