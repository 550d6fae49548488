// From cutting a node off until its task's replacement runs on the other node; beside it the same for a Swarm service.

import { until } from "../../tools/lab/until.ts";
import { type Bench, clearPair, type ListedTask, nodesOnline, type Pair } from "../bench.ts";
import { CONTAINER_COMMAND } from "../container-command.ts";
import { notMeasured, type Row, target } from "../report.ts";
import { alternate, type Samples } from "../samples.ts";
import type { Swarm } from "../swarm.ts";

const TARGET_S = 5;
const WAIT_MS = 90_000;

export async function lost(bench: Bench): Promise<Row[]> {
  const section = "lost: a node cut off, to its task running on another";
  const missing = bench.labMissing();
  if (missing !== null) return [notMeasured(section, "restart policy always", missing)];
  const pair = await bench.pair();
  const swarm = bench.quick ? null : await bench.swarm();
  const times: Record<string, Samples> = await alternate<string>(bench.count(3, 1), {
    podling: (round) => podlingLoss(pair, `lost-${round}`),
    ...(swarm === null ? {} : { swarm: () => swarmLoss(swarm) }),
  });
  const beside = times.swarm ? { beside: { name: "Swarm service", samples: times.swarm } } : {};
  const row: Row = { section, what: "restart policy always", unit: "s", ours: times.podling!, ...beside };
  return [target(row, "at most", TARGET_S)];
}

export async function podlingLoss(pair: Pair, name: string): Promise<number> {
  const { master, hosts, image } = pair;
  const task = await master.json<ListedTask>("POST", "/api/v1/tasks?wait=running&timeout=60s", {
    name,
    image,
    args: CONTAINER_COMMAND,
    restartPolicy: "always",
  });
  const nodes = await master.json<{ nodeId: string; hostname: string }[]>("GET", "/api/v1/nodes");
  const host = hosts.find((one) => one.name === nodes.find(({ nodeId }) => nodeId === task.nodeId)?.hostname)!;
  const from = performance.now();
  await host.cut();
  try {
    await until(
      "the replacement to run",
      async () => {
        const tasks = await master.json<ListedTask[]>("GET", `/api/v1/tasks?name=${name}`);
        return tasks.some(({ replaces, status }) => replaces === task.taskId && status === "running");
      },
      WAIT_MS,
    );
    return (performance.now() - from) / 1000;
  } finally {
    await host.reconnect();
    await nodesOnline(master, hosts.length);
    await clearPair(pair);
  }
}

/** Drains the manager for a moment, so that the task runs on the worker, which is then cut off. */
async function swarmLoss(swarm: Swarm): Promise<number> {
  const manager = (await swarm.nodes()).find(({ Spec }) => Spec.Role === "manager")!;
  await swarm.setAvailability(manager, "drain");
  const name = await swarm.createAndRun(1);
  await swarm.setAvailability(manager, "active");
  const worker = swarm.hosts[1]!;
  const from = performance.now();
  await worker.cut();
  try {
    await until(
      "the Swarm's replacement to run",
      async () => {
        const tasks = await swarm.tasks(name);
        return tasks.some(({ NodeID, Status }) => NodeID === manager.ID && Status.State === "running");
      },
      WAIT_MS,
    );
    return (performance.now() - from) / 1000;
  } finally {
    await worker.reconnect();
    await until(
      "the Swarm's node to be back",
      async () => (await swarm.nodes()).every(({ Status }) => Status.State === "ready"),
      WAIT_MS,
    );
    await swarm.clear();
  }
}
