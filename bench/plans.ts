// How long a plan takes in a large cluster, and its longest slice, on one core and in memory. Run: bun bench/plans.ts [--json]
// [--quick]. It measures; the tests beside the code say what is correct.

import type { Command } from "../src/core/commands/command.ts";
import { ClusterState } from "../src/core/state/cluster-state.ts";
import { runTick } from "../src/core/tick.ts";
import { planCommands } from "../src/core/what-if/plan/plan-commands.ts";
import { systemOrigin } from "../src/model/origin.ts";
import type { ParsedServiceInput } from "../src/model/service/service-input.ts";

const nodes = 1_000;
const services = 1_000;
const replicas = 10;
/** Services of the file that is planned. */
const planned = 50;
const retention = { count: 10_000, ageMs: 3_600_000 };
const origin = systemOrigin("timer");

export interface PlanTimes {
  what: string;
  /** Of each plan. */
  ms: number[];
  /** The longest slice of each plan. */
  sliceMs: number[];
}

let now = Date.UTC(2025, 0, 1);
let seed = 1;

function tick(state: ClusterState, commands: readonly Command[], laterMs = 1): void {
  now += laterMs;
  const submissions = commands.map((command) => ({ command, origin }));
  for (const outcome of runTick(state, submissions, { now, seed: seed++, retention }).outcomes)
    if (!outcome.ok) throw new Error(outcome.refusal.message);
}

function put(number: number, more: Partial<ParsedServiceInput> = {}): Command {
  const input = { name: `s${number}`, image: `app${number % 20}:1`, replicas, ...more } as ParsedServiceInput;
  return { type: "putService", input, by: "bench" };
}

/** Every replica runs, and no rollout is under way. */
function cluster(): ClusterState {
  const state = new ClusterState();
  for (let number = 0; number < nodes; number++) {
    const registration = {
      ...{ hostname: `n${number}`, port: 8081, address: "127.0.0.1", capacity: 100, cpu: 32, memory: 2 ** 36 },
      ...{ labels: {}, engine: null, engineError: null, version: "1", instance: `p${number}` },
    };
    tick(state, [{ type: "registerNode", registration }]);
  }
  for (let number = 0; number < services; number++) tick(state, [put(number)]);
  const reports = [...state.tasks.keys()].map(
    (taskId): Command => ({ type: "reportTask", taskId, report: { status: "running" } }),
  );
  for (let at = 0; at < reports.length; at += 500) tick(state, reports.slice(at, at + 500));
  for (let second = 0; second < 20; second++) tick(state, [{ type: "wake" }], 1_000);
  return state;
}

function measure(state: ClusterState, what: string, commands: readonly Command[], rounds: number): PlanTimes {
  const times: PlanTimes = { what, ms: [], sliceMs: [] };
  const submissions = commands.map((command) => ({ command, origin }));
  // The first one compiles.
  for (let round = 0; round <= rounds; round++) {
    const slices = planCommands(state, submissions, { now, seed: 1, retention }, { until: "settled" });
    const from = performance.now();
    let last = from;
    let longest = 0;
    for (;;) {
      const slice = slices.next();
      const at = performance.now();
      longest = Math.max(longest, at - last);
      last = at;
      if (slice.done) break;
    }
    if (round === 0) continue;
    times.ms.push(last - from);
    times.sliceMs.push(longest);
  }
  return times;
}

if (import.meta.main) {
  const rounds = process.argv.includes("--quick") ? 3 : 10;
  const state = cluster();
  const file = Array.from({ length: planned }, (_, number) => number);
  const all = [
    measure(
      state,
      `${planned} services as they are`,
      file.map((number) => put(number)),
      rounds,
    ),
    measure(
      state,
      `${planned} services get another image`,
      file.map((number) => put(number, { image: "b:2" })),
      rounds,
    ),
    measure(
      state,
      `${planned} new services`,
      file.map((number) => put(services + number)),
      rounds,
    ),
  ];
  if (process.argv.includes("--json")) process.stdout.write(JSON.stringify(all));
  else
    for (const { what, ms, sliceMs } of all)
      process.stdout.write(`${what}: ${ms.join(" ")} ms; ${sliceMs.join(" ")} ms\n`);
}
