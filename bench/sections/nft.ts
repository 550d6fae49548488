// The rules of cluster networking in the kernel: a first load of 1,000 services with 10 endpoints each, and one change of the
// endpoints of a service. In a network namespace of its own; the program `nft` is part of every figure.

import { NftFilter, type RunNft } from "../../src/network/nft/nft-filter.ts";
import type { NetworkTraffic, ServiceTraffic, TrafficPlan } from "../../src/network/traffic/traffic-plan.ts";
import { run } from "../../tools/lab/network.ts";
import type { Bench } from "../bench.ts";
import { notMeasured, type Row, target } from "../report.ts";
import { samplesOf } from "../samples.ts";

const section = "nft: rules for virtual addresses in the kernel of one node";
const services = 1_000;
const endpointsEach = 10;
const apps = 100;
const loadMs = 300;
const changeMs = 25;

export async function nft(bench: Bench): Promise<Row[]> {
  const missing = ["nft", "ip"].filter((program) => Bun.which(program) === null);
  if (missing.length > 0 || process.getuid?.() !== 0)
    return [notMeasured(section, "rules in the kernel", `it needs root and ${missing.join(", ") || "nft"}`)];
  const namespace = `podbench-${process.pid}`;
  await run(["ip", "netns", "add", namespace]);
  try {
    return await measure(namespace, bench.quick ? 3 : 15);
  } finally {
    await run(["ip", "netns", "del", namespace]);
  }
}

async function measure(namespace: string, rounds: number): Promise<Row[]> {
  const counted = countingNft(namespace);
  const loads: number[] = [];
  const changes: number[] = [];
  const changeCpu: number[] = [];
  const loadCpu: number[] = [];
  const repairs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const filter = new NftFilter(counted.run);
    let plan = bigPlan();
    loads.push(await milliseconds(() => filter.apply(plan)));
    loadCpu.push(counted.take());
    for (let index = 0; index < 4; index++) {
      const after = withoutEndpoint(plan, round * 4 + index);
      changes.push(await milliseconds(() => filter.apply(after)));
      changeCpu.push(counted.take());
      plan = after;
    }
    repairs.push(await milliseconds(() => filter.repair()));
    counted.take();
  }
  const row = (what: string, samples: number[]): Row => ({ section, what, unit: "ms", ours: samplesOf(samples) });
  return [
    target(row("first load, 1,000 services x 10 endpoints", loads), "at most", loadMs),
    target(row("one endpoint of a service goes", changes), "at most", changeMs),
    row("processor time of nft for a first load", loadCpu),
    row("processor time of nft for a change", changeCpu),
    row("comparing the kernel's tables with the plan", repairs),
  ];
}

/** Runs nft in the namespace; `take` returns the processor time of the calls since the last `take`, in ms. */
function countingNft(namespace: string): { run: RunNft; take(): number } {
  let cpuMs = 0;
  const run: RunNft = async (args, input) => {
    const command = ["nsenter", `--net=/var/run/netns/${namespace}`, "nft", ...args];
    const child = Bun.spawn(command, { stdin: Buffer.from(input), stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (code !== 0) throw new Error(err);
    cpuMs += Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1_000;
    return out;
  };
  const take = (): number => {
    const taken = cpuMs;
    cpuMs = 0;
    return taken;
  };
  return { run, take };
}

async function milliseconds(step: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await step();
  return performance.now() - from;
}

/** 10,000 tasks on 40 nodes, 250 of them on this one. */
function bigPlan(): TrafficPlan {
  const members = new Map<string, string[]>();
  const all: ServiceTraffic[] = [];
  for (let index = 0; index < services; index++) {
    const addresses = Array.from({ length: endpointsEach }, (_, slot) => addressOf(slot * services + index));
    const network = `app-${index % apps}`;
    members.set(network, [...(members.get(network) ?? []), ...addresses]);
    const vip = `10.211.${Math.floor(index / 250)}.${1 + (index % 250)}`;
    const endpoints = addresses.map((address) => ({ address, draining: false }));
    all.push({ serviceId: `service-${index}`, vip, balance: "connection", endpoints });
  }
  const networks: NetworkTraffic[] = [...members].map(([networkId, addresses]) => ({ networkId, addresses }));
  const local = networks.flatMap(({ networkId, addresses }) =>
    addresses
      .filter((address) => address.startsWith("10.210.1."))
      .map((address) => ({ address, networks: [networkId] })),
  );
  return {
    ranges: { tasks: "10.210.0.0/16", services: "10.211.0.0/16" },
    bridge: {
      name: "podling",
      subnet: "10.210.1.0/24",
      gateway: "10.210.1.1",
      hardwareAddress: "02:50:0a:d2:01:01",
    },
    peerInterfaces: ["eth0"],
    services: all,
    published: [],
    networks,
    localTasks: local,
  };
}

function addressOf(number: number): string {
  return `10.210.${1 + Math.floor(number / 250)}.${2 + (number % 250)}`;
}

function withoutEndpoint(plan: TrafficPlan, index: number): TrafficPlan {
  const service = plan.services[index]!;
  const [gone, ...endpoints] = service.endpoints;
  const networks = plan.networks.map((network) => {
    const addresses = network.addresses.filter((address) => address !== gone!.address);
    return addresses.length === network.addresses.length ? network : { ...network, addresses };
  });
  return {
    ...plan,
    services: plan.services.map((one) => (one === service ? { ...one, endpoints } : one)),
    networks,
    localTasks: plan.localTasks.filter(({ address }) => address !== gone!.address),
  };
}
