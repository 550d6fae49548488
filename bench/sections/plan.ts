// Plans in a large cluster: bench/plans.ts in a process of its own.

import { resolve } from "node:path";
import { run } from "../../tools/lab/network.ts";
import type { Bench } from "../bench.ts";
import type { PlanTimes } from "../plans.ts";
import { type Row, target } from "../report.ts";
import { samplesOf } from "../samples.ts";

const PLAN_MS = 1_000;
const SLICE_MS = 10;

export async function plan(bench: Bench): Promise<Row[]> {
  const script = resolve(import.meta.dir, "../plans.ts");
  const flags = bench.quick ? ["--quick"] : [];
  const measured = JSON.parse(await run([process.execPath, script, "--json", ...flags])) as PlanTimes[];
  const section = "plan: 1,000 nodes, 1,000 services with 10,000 tasks";
  return measured.flatMap(({ what, ms, sliceMs }) => [
    target({ section, what, unit: "ms", ours: samplesOf(ms) }, "at most", PLAN_MS),
    target({ section, what: `${what}, the longest slice`, unit: "ms", ours: samplesOf(sliceMs) }, "at most", SLICE_MS),
  ]);
}
