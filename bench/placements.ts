// How fast the scheduler alone is: placements a second by cluster size, strategy and load, on one core and in memory.
// Run: bun bench/placements.ts [--json] [--quick] [--nodes=1000]. It measures; the tests beside the code say what is
// correct.

import { ScheduleIndex } from "../src/core/schedule/index/schedule-index.ts";
import { type Random, randomInteger, seededRandom } from "../src/lib/random.ts";
import { type Strategy, strategies } from "../src/model/cluster/cluster.ts";
import type { NodeId } from "../src/model/ids.ts";
import { type NodeRecord, nodeDefaults } from "../src/model/node/node.ts";
import type { Requirements } from "../src/model/task/requirements.ts";

const GiB = 1024 ** 3;
export const allSizes = [100, 1_000, 10_000] as const;
const loads = ["simple", "mixed", "many labels"] as const;
type Load = (typeof loads)[number];

export interface Row {
  nodes: number;
  strategy: Strategy;
  load: Load;
  /** From empty until nearly full: three placements, then one release, and so on. */
  fillPerSecond: number;
  /** Nearly full: a release for each placement. */
  churnPerSecond: number;
  /** Every place taken, or no capacity left: attempts that end with "no node fits". */
  noFitPerSecond: number;
  explainMs: number;
  /** Why nothing fits, in one sentence, without the whole matrix. */
  whyMs: number;
}

function makeNode(random: Random, number: number): NodeRecord {
  const cores = pick(random, [2, 4, 8, 16, 32, 64]);
  const labels: Record<string, string> = { zone: `z${number % 5}`, rack: `r${number % 1000}` };
  if (random.next() < 0.3) labels.disk = "ssd";
  // A rare label: three nodes of any cluster.
  if (number < 3) labels.gpu = "a100";
  return {
    ...nodeDefaults,
    nodeId: `node-${String(number).padStart(8, "0")}` as NodeId,
    hostname: `host-${String(randomInteger(random, 1_000_000)).padStart(6, "0")}`,
    port: 8081,
    address: "127.0.0.1",
    capacity: cores * 4,
    cpu: cores,
    memory: cores * pick(random, [2, 4, 8]) * GiB,
    labels,
    status: "online",
    schedulable: random.next() < 0.98,
    engine: { name: "docker", version: "27", os: "linux", arch: random.next() < 0.8 ? "amd64" : "arm64" },
    engineError: null,
    version: "",
    registeredAt: "",
  };
}

function makeSpec(random: Random, load: Load): Requirements {
  const base = {
    resources: resources(0, 0),
    ports: [],
    constraints: [],
    platform: null,
    needs: null,
    volumes: [],
    node: null,
    rules: null,
    group: null,
    priority: 0,
  };
  if (load === "simple") return { ...base, resources: resources(0.25, 0.5) };
  const spec = {
    ...base,
    resources: resources(pick(random, [0.1, 0.25, 0.5, 1, 2]), pick(random, [0.25, 0.5, 1, 2, 4])),
  };
  const kind = random.next();
  if (load === "many labels") {
    // Over a thousand different specs: a rack each, some with a second condition, some with a port of their own.
    const constraints: Requirements["constraints"] = [equals("rack", `r${randomInteger(random, 1000)}`)];
    if (kind < 0.5) return { ...spec, constraints };
    if (kind < 0.7) return { ...spec, ports: [fixedPort(20_000 + randomInteger(random, 2_000))] };
    if (kind < 0.8) return { ...spec, constraints: [notEquals("rack", `r${randomInteger(random, 1000)}`)] };
    return spec;
  }
  if (kind < 0.15) return { ...spec, constraints: [equals("zone", `z${randomInteger(random, 5)}`)] };
  if (kind < 0.25) return { ...spec, constraints: [equals("disk", "ssd"), notEquals("zone", "z0")] };
  if (kind < 0.27) return { ...spec, constraints: [{ type: "label", key: "gpu", operator: "exists" }] };
  if (kind < 0.37) return { ...spec, ports: [fixedPort(8_000 + randomInteger(random, 10))] };
  if (kind < 0.42) return { ...spec, platform: "linux/arm64" };
  return spec;
}

function resources(cpu: number, memoryGiB: number): Requirements["resources"] {
  return { cpu: { request: cpu, limit: null }, memory: { request: memoryGiB * GiB, limit: null } };
}

function equals(key: string, value: string): Requirements["constraints"][number] {
  return { type: "label", key, operator: "equals", value };
}

function notEquals(key: string, value: string): Requirements["constraints"][number] {
  return { type: "label", key, operator: "not-equals", value };
}

function fixedPort(hostPort: number): Requirements["ports"][number] {
  return { hostPort, containerPort: 80, protocol: "tcp", hostIp: "0.0.0.0" };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[randomInteger(random, items.length)]!;
}

/** One cluster under one load. */
class Bench {
  readonly index = new ScheduleIndex();
  readonly specs: Requirements[];
  readonly #random: Random;
  readonly #strategy: Strategy;
  readonly #placed: { nodeId: NodeId; spec: Requirements }[] = [];
  #next = 0;
  last: NodeId | null = null;

  constructor(nodes: number, strategy: Strategy, load: Load) {
    this.#random = seededRandom(nodes);
    this.#strategy = strategy;
    for (let number = 0; number < nodes; number++) this.index.upsertNode(makeNode(this.#random, number));
    this.specs = Array.from({ length: 8192 }, () => makeSpec(this.#random, load));
  }

  place(): boolean {
    const spec = this.specs[this.#next++ & 8191]!;
    const nodeId = this.index.choose(spec, this.#strategy, this.last);
    if (nodeId === null) return false;
    this.index.place(nodeId, spec);
    this.#placed.push({ nodeId, spec });
    this.last = nodeId;
    return true;
  }

  release(): void {
    const at = randomInteger(this.#random, this.#placed.length);
    const released = this.#placed[at]!;
    this.#placed[at] = this.#placed[this.#placed.length - 1]!;
    this.#placed.pop();
    this.index.release(released.nodeId, released.spec);
  }

  get placed(): number {
    return this.#placed.length;
  }

  /** Until one in four attempts fails: nearly full. Returns placements. */
  fill(): number {
    let placements = 0;
    let failures = 0;
    for (let attempt = 1; ; attempt++) {
      if (this.place()) placements++;
      else failures++;
      if (attempt % 3 === 0) this.release();
      if (attempt % 500 === 0) {
        if (failures > 125) return placements;
        failures = 0;
      }
    }
  }

  /** Until nothing of the smallest kind fits. */
  pack(): void {
    for (let failures = 0; failures < 16_384; ) failures = this.place() ? 0 : failures + 1;
  }
}

/** Calls a second; runs at least `ms`, in rounds, and counts what `round` says it did. */
function rate(ms: number, round: () => number): number {
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    done += round();
    elapsed = performance.now() - start;
  }
  return (done * 1000) / elapsed;
}

function measure(nodes: number, strategy: Strategy, load: Load, ms: number): Row {
  // Small clusters fill in milliseconds: a warm-up on another keeps the compiler out of the figure.
  new Bench(Math.min(nodes, 500), strategy, load).fill();
  const bench = new Bench(nodes, strategy, load);
  // The first choice builds what is built once.
  bench.place();
  const start = performance.now();
  const filled = bench.fill();
  const fillPerSecond = (filled * 1000) / (performance.now() - start);
  const full = bench.placed;
  const churnPerSecond = rate(ms, () => {
    let placements = 0;
    for (let i = 0; i < 200; i++) {
      if (bench.placed >= full) bench.release();
      if (bench.place()) placements++;
    }
    return placements;
  });
  bench.pack();
  const noFitPerSecond = rate(ms, () => {
    for (let i = 0; i < 200; i++) bench.place();
    return 200;
  });
  const spec = bench.specs[0]!;
  // Before the matrix, which leaves much to collect.
  const whyMs = 1000 / rate(ms / 2, () => (bench.index.whyNone(spec).message === "" ? 0 : 1));
  const explainMs = 1000 / rate(ms / 2, () => bench.index.explain(spec, strategy, bench.last).length / nodes);
  return { nodes, strategy, load, fillPerSecond, churnPerSecond, noFitPerSecond, explainMs, whyMs };
}

export interface Options {
  sizes: readonly number[];
  /** How long each rate is measured. */
  ms: number;
}

export function measurePlacements({ sizes, ms }: Options): Row[] {
  return sizes.flatMap((nodes) =>
    loads.flatMap((load) => strategies.map((strategy) => measure(nodes, strategy, load, ms))),
  );
}

export function table(all: readonly Row[]): string {
  const lines = [["nodes", "load", "strategy", "fill/s", "churn/s", "no fit/s", "explain ms", "why ms"]];
  for (const row of all) {
    const rates = [row.fillPerSecond, row.churnPerSecond, row.noFitPerSecond].map((value) =>
      Math.round(value).toLocaleString("en"),
    );
    const times = [row.explainMs.toFixed(2), row.whyMs.toFixed(3)];
    lines.push([row.nodes.toLocaleString("en"), row.load, row.strategy, ...rates, ...times]);
  }
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const numeric = (column: number) => column === 0 || column > 2;
  return `${lines
    .map((line) => line.map((cell, i) => (numeric(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join("  "))
    .join("\n")}\n`;
}

if (import.meta.main) {
  const only = process.argv.find((argument) => argument.startsWith("--nodes="))?.slice("--nodes=".length);
  const ms = process.argv.includes("--quick") ? 200 : 1000;
  const rows = measurePlacements({ sizes: only ? [Number(only)] : allSizes, ms });
  process.stdout.write(process.argv.includes("--json") ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));
}
