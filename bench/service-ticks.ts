// How long one tick of core takes in which one service or one replica changes among many, on one core and in memory. Run:
// bun bench/service-ticks.ts [--json] [--quick]. It measures; the tests beside the code say what is correct.

import type { Command } from "../src/core/commands/command.ts";
import { Replica } from "../src/core/reconcile/service/replica.ts";
import { ClusterState } from "../src/core/state/cluster-state.ts";
import { runTick, type Tick } from "../src/core/tick.ts";
import type { ServiceId, TaskId } from "../src/model/ids.ts";
import { systemOrigin } from "../src/model/origin.ts";
import type { ParsedServiceInput } from "../src/model/service/service-input.ts";

const nodes = 1_000;
const replicas = 50;

export interface ServiceTicks {
  services: number;
  tasks: number;
  what:
    | "a replica fails and is replaced"
    | "a service is scaled up and down by one"
    | "a variable of a service changes";
  /** Of each tick. */
  ms: number[];
}

/** What a rollout of 100 replicas writes to the journal, without what workers report. */
export interface RolloutChanges {
  rollout: number;
  /** The same template applied again. */
  unchanged: number;
}

class World {
  readonly state = new ClusterState();
  /** Changes that were not reported by a worker. */
  decided = 0;
  #now = Date.UTC(2025, 0, 1);
  #seed = 1;

  tick(commands: readonly Command[], laterMs = 1): Tick {
    this.#now += laterMs;
    const asked = commands.map((command) => ({ command, origin: systemOrigin("timer") }));
    const retention = { count: 10_000, ageMs: 3_600_000 };
    const tick = runTick(this.state, asked, { now: this.#now, seed: this.#seed++, retention });
    for (const outcome of tick.outcomes) if (!outcome.ok) throw new Error(outcome.refusal.message);
    const reported = new Set(commands.flatMap((one) => (one.type === "reportTask" ? [one.taskId] : [])));
    this.decided += tick.changes.filter((one) => one.type !== "task.updated" || !reported.has(one.id)).length;
    return tick;
  }

  join(number: number): void {
    const registration = {
      ...{ hostname: `n${number}`, port: 8081, address: "127.0.0.1", capacity: 100, cpu: 32, memory: 2 ** 36 },
      ...{ labels: {}, engine: null, engineError: null, version: "" },
    };
    this.tick([{ type: "registerNode", registration }]);
  }

  put(number: number, more: Partial<ParsedServiceInput> = {}): void {
    const rollout = { minReadyMs: 0, monitorMs: 0, drainMs: 0 };
    const input = { name: `s${number}`, image: `app:${number}`, replicas, rollout, ...more } as ParsedServiceInput;
    this.tick([{ type: "putService", input, by: "bench" }]);
  }

  /** Workers report that what is scheduled runs, and that what is to stop has stopped, until nothing changes any more. */
  work(tasks: Iterable<TaskId>): void {
    const reports: Command[] = [];
    for (const taskId of tasks) {
      const { observed, desired } = this.state.task(taskId);
      const isPlaced = observed.status === "scheduled" || observed.status === "running";
      if (desired === "stopped" && isPlaced)
        reports.push({ type: "reportTask", taskId, report: { status: "stopped", exitCode: 0 } });
      else if (observed.status === "scheduled")
        reports.push({ type: "reportTask", taskId, report: { status: "running" } });
    }
    if (reports.length > 0) this.tick(reports);
    let left = true;
    for (let turn = 0; left && turn < 20; turn++) left = this.tick([{ type: "wake" }]).changes.length > 0;
  }

  tasksOf(serviceId: ServiceId): TaskId[] {
    return [...this.state.serviceTasks.of(serviceId)].sort();
  }
}

function filled(services: number): World {
  const world = new World();
  for (let number = 0; number < nodes; number++) world.join(number);
  for (let number = 0; number < services; number++) world.put(number);
  for (let round = 0; round < 4; round++) world.work([...world.state.tasks.keys()]);
  const serving = [...world.state.tasks.values()].filter((task) => new Replica(task).available).length;
  if (serving !== services * replicas) throw new Error(`${serving} of ${services * replicas} replicas serve`);
  return world;
}

export function measureServiceTicks(services: number, turns: number): ServiceTicks[] {
  const world = filled(services);
  const ids = [...world.state.tables.service.keys()] as ServiceId[];
  const timed = (step: (serviceId: ServiceId, turn: number) => readonly Command[]): number[] => {
    const ms: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const serviceId = ids[(turn * 7919) % ids.length]!;
      const commands = step(serviceId, turn);
      const from = performance.now();
      const { changes } = world.tick(commands);
      ms.push(performance.now() - from);
      if (changes.length === 0) throw new Error("nothing was decided");
      for (let round = 0; round < 3; round++) world.work(world.tasksOf(serviceId));
    }
    return ms;
  };
  const reason = { code: "start-failed", message: "no such program" } as const;
  const fails = (serviceId: ServiceId): Command[] => {
    const running = world.tasksOf(serviceId).find((id) => new Replica(world.state.task(id)).available)!;
    return [{ type: "reportTask", taskId: running, report: { status: "failed", reason } }];
  };
  const scales = (serviceId: ServiceId): Command[] => {
    const { mode } = world.state.record("service", serviceId);
    const wanted = mode.type === "replicated" && mode.replicas === replicas ? replicas + 1 : replicas;
    return [{ type: "scaleService", serviceId, replicas: wanted }];
  };
  const changes = (serviceId: ServiceId, turn: number): Command[] => {
    const { name } = world.state.record("service", serviceId);
    const input = { name, image: `app:${name}`, env: { TURN: String(turn) } } as unknown as ParsedServiceInput;
    return [{ type: "putService", input, by: "bench" }];
  };
  const row = (what: ServiceTicks["what"], ms: number[]): ServiceTicks => ({
    ...{ services, tasks: services * replicas, what, ms },
  });
  return [
    row("a replica fails and is replaced", timed(fails)),
    row("a service is scaled up and down by one", timed(scales)),
    row("a variable of a service changes", timed(changes)),
  ];
}

export function measureRolloutChanges(): RolloutChanges {
  const world = new World();
  for (let number = 0; number < 10; number++) world.join(number);
  const put = (turn: string): number => {
    const before = world.decided;
    const rollout = { minReadyMs: 0, monitorMs: 0, drainMs: 1, parallelism: 10, maxSurge: 10 };
    world.put(0, { replicas: 100, env: { TURN: turn }, rollout } as Partial<ParsedServiceInput>);
    const [service] = world.state.tables.service.values();
    for (let round = 0; round < 100; round++) world.work(world.tasksOf(service!.serviceId));
    if (world.state.tables.service.get(service!.serviceId)!.rollout !== null)
      throw new Error("the rollout did not end");
    return world.decided - before;
  };
  put("1");
  return { rollout: put("2"), unchanged: put("2") };
}

if (import.meta.main) {
  const quick = process.argv.includes("--quick");
  measureServiceTicks(20, 100); // a warm-up
  const all = measureServiceTicks(quick ? 100 : 1_000, quick ? 100 : 500);
  const changes = measureRolloutChanges();
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ all, changes })}\n`);
  else {
    for (const { services, tasks, what, ms } of all) {
      const sorted = ms.toSorted((left, right) => left - right);
      const [median, p95] = [0.5, 0.95].map((share) => sorted[Math.floor(sorted.length * share)]!.toFixed(3));
      process.stdout.write(`${services} services, ${tasks} tasks, ${what}: median ${median} ms, p95 ${p95} ms\n`);
    }
    process.stdout.write(
      `a rollout of 100 replicas: ${changes.rollout} changes; applied again: ${changes.unchanged}\n`,
    );
  }
}
