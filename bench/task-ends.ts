// How long one tick of core takes in which a task ends while others wait, on one core and in memory: on full nodes, by the
// number of nodes and of scheduling classes that wait. Run: bun bench/task-ends.ts [--json] [--quick]. It measures; the
// tests beside the code say what is correct.

import type { Command } from "../src/core/commands/command.ts";
import { ClusterState } from "../src/core/state/cluster-state.ts";
import { runTick, type Tick } from "../src/core/tick.ts";
import type { TaskId } from "../src/model/ids.ts";
import { systemOrigin } from "../src/model/origin.ts";
import { containerDefaults } from "../src/model/task/spec.ts";
import type { ParsedTaskInput } from "../src/model/task/task-input.ts";

const GiB = 1024 ** 3;
const tasksPerNode = 10;
const sizes = [
  [100, 1],
  [100, 1_000],
  [100, 5_000],
  [1_000, 1],
  [1_000, 1_000],
  [1_000, 5_000],
] as const;
/** What waits: tasks that fit as soon as one ends, or tasks that are too large for any node. */
const kinds = ["fit", "too large"] as const;
type Kind = (typeof kinds)[number];

export interface TaskEnds {
  nodes: number;
  classes: number;
  kind: Kind;
  /** Of each end. */
  ms: number[];
}

class World {
  readonly state = new ClusterState();
  #now = Date.UTC(2025, 0, 1);
  #seed = 1;
  #created = 0;

  tick(commands: readonly Command[]): Tick {
    const asked = commands.map((command) => ({ command, origin: systemOrigin("timer") }));
    const retention = { count: 10_000, ageMs: 3_600_000 };
    const tick = runTick(this.state, asked, { now: ++this.#now, seed: this.#seed++, retention });
    for (const outcome of tick.outcomes) if (!outcome.ok) throw new Error(outcome.refusal.message);
    return tick;
  }

  join(number: number): void {
    const registration = {
      hostname: `n${number}`,
      port: 8081,
      address: "127.0.0.1",
      capacity: tasksPerNode,
      cpu: 32,
      memory: 64 * GiB,
      labels: { rack: `r${number % 40}` },
      engine: null,
      engineError: null,
      version: "",
    };
    this.tick([{ type: "registerNode", registration }]);
  }

  /** Tasks of so many scheduling classes: each of another size. */
  create(count: number, classes: number, kind: Kind): void {
    const commands = Array.from({ length: count }, (): Command => {
      const cpu = (kind === "fit" ? 0.1 : 33) + (this.#created++ % classes) / 1000;
      const input: ParsedTaskInput = {
        name: "waits",
        image: "busybox",
        resources: { ...containerDefaults.resources, cpu: { request: cpu, limit: null } },
      };
      return { type: "createTask", input };
    });
    this.tick(commands);
  }
}

function measure(nodes: number, classes: number, kind: Kind, ends: number): TaskEnds {
  const world = new World();
  for (let number = 0; number < nodes; number++) world.join(number);
  const fills: Command = { type: "createTask", input: { name: "fills", image: "busybox" } };
  world.tick(Array.from({ length: nodes * tasksPerNode }, () => fills));
  const running: TaskId[] = [...world.state.tasks.keys()].sort();
  world.create(classes, classes, kind);
  const ms: number[] = [];
  for (let end = 0; end < ends; end++) {
    // Far apart, so that the ends are on different nodes.
    const taskId = running[(end * 7919) % running.length]!;
    world.tick([{ type: "reportTask", taskId, report: { status: "running" } }]);
    const from = performance.now();
    const { changes } = world.tick([{ type: "reportTask", taskId, report: { status: "completed", exitCode: 0 } }]);
    ms.push(performance.now() - from);
    // The node is full again, and as many wait as before.
    if (changes.length > 1) world.create(1, classes, kind);
    else world.tick([fills]);
  }
  return { nodes, classes, kind, ms };
}

export function measureTaskEnds(ends: number): TaskEnds[] {
  measure(100, 10, "fit", 200); // a warm-up
  return sizes.flatMap(([nodes, classes]) => kinds.map((kind) => measure(nodes, classes, kind, ends)));
}

if (import.meta.main) {
  const all = measureTaskEnds(process.argv.includes("--quick") ? 200 : 800);
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(all)}\n`);
  else {
    for (const { nodes, classes, kind, ms } of all) {
      const sorted = ms.toSorted((left, right) => left - right);
      const [median, p95] = [0.5, 0.95].map((share) => sorted[Math.floor(sorted.length * share)]!.toFixed(3));
      process.stdout.write(`${nodes} nodes, ${classes} classes (${kind}): median ${median} ms, p95 ${p95} ms\n`);
    }
  }
}
