// One container from command to running: `podling run` beside `docker run -d` on the same engine, and the same without
// command lines, API beside API. The removal of containers is not timed.

import { podling } from "../../tools/lab/cluster.ts";
import { type Bench, clearPair, type Pair } from "../bench.ts";
import { CONTAINER_COMMAND } from "../container-command.ts";
import { notMeasured, type Row, ratioTarget } from "../report.ts";
import { alternate } from "../samples.ts";
import { docker } from "../swarm.ts";

const TARGET_RATIO = 1.1;
const WARM_UP = 2;
const section = "one: a container, command to running, the same engine";

export async function one(bench: Bench): Promise<Row[]> {
  const missing = bench.labMissing();
  if (missing !== null) return [notMeasured(section, "podling run", missing)];
  const pair = await bench.pair();
  const contenders = {
    podling: (round: number) => timed(pair, () => podlingRun(pair, `one-${round}`)),
    docker: () => timed(pair, () => dockerRun(pair)),
    podlingApi: (round: number) => timed(pair, () => createAndWait(pair, `api-${round}`)),
    dockerApi: () => timed(pair, () => engineRun(pair)),
  };
  const uncordon = await useOneNode(pair);
  if (!bench.quick) await alternate(WARM_UP, contenders);
  const times = await alternate(bench.count(15, 2), contenders);
  await uncordon();
  const command: Row = {
    section,
    what: "podling run",
    unit: "s",
    ours: times.podling,
    beside: { name: "docker run -d", samples: times.docker },
  };
  const api: Row = {
    section,
    what: "POST /api/v1/tasks?wait=running",
    unit: "s",
    ours: times.podlingApi,
    beside: { name: "engine's create, start", samples: times.dockerApi },
  };
  return [ratioTarget(command, "at most", TARGET_RATIO), api];
}

/** Cordons the second node, so that everything runs on the same engine. Resolves with a function that undoes it. */
export async function useOneNode({ master }: Pair): Promise<() => Promise<unknown>> {
  const [, second] = await master.json<{ nodeId: string }[]>("GET", "/api/v1/nodes");
  await master.json("POST", `/api/v1/nodes/${second!.nodeId}/cordon`);
  return () => master.json("POST", `/api/v1/nodes/${second!.nodeId}/uncordon`);
}

export async function timed(pair: Pair, step: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await step();
  const took = (performance.now() - from) / 1000;
  await clearPair(pair);
  return took;
}

export async function podlingRun({ master, image, program }: Pair, name: string): Promise<void> {
  const { code, stderr } = await podling(["run", name, "--image", image, "--", ...CONTAINER_COMMAND], {
    master,
    program,
    limitMs: 60_000,
  });
  if (code !== 0) throw new Error(`podling run ended with ${code}: ${stderr}`);
}

function dockerRun({ hosts, image }: Pair): Promise<string> {
  return docker(hosts[0]!, ["run", "-d", image, ...CONTAINER_COMMAND]);
}

async function createAndWait({ master, image }: Pair, name: string): Promise<void> {
  const task = await master.json<{ status: string }>("POST", "/api/v1/tasks?wait=running&timeout=60s", {
    name,
    image,
    args: CONTAINER_COMMAND,
  });
  if (task.status !== "running") throw new Error(`the task is ${task.status}`);
}

export async function engineRun({ hosts, image }: Pair, host = 0): Promise<void> {
  const { engine } = hosts[host]!;
  const { Id } = await engine.json<{ Id: string }>("/containers/create", "POST", {
    Image: image,
    Cmd: CONTAINER_COMMAND,
  });
  await engine.json(`/containers/${Id}/start`, "POST");
}
