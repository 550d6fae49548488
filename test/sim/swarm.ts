// Seeds for tests: each is one simulated cluster, drawn as podling sim draws it, and a failure names the command that
// repeats it.

import { faultGroups } from "../../src/sim/faults/fault-kinds.ts";
import { drawPlan } from "../../src/sim/faults/plan.ts";
import type { Report } from "../../src/sim/run/report.ts";
import { simulate } from "../../src/sim/run/simulate.ts";

/** A run takes a second of one core; on a machine that is busy with much else it may take a minute. */
export const patienceMs = 180_000;

export function runSeed(seed: number, hours: number): Promise<Report> {
  return simulate({ plan: drawPlan({ seed, hours, groups: faultGroups }) });
}

/** As a sentence to compare with "ok": what failed, and the command. */
export function verdictOf({ failure, plan }: Report): string {
  if (!failure) return "ok";
  const { seed, nodes, durationMs } = plan;
  const command = `podling sim --seed ${seed} --nodes ${nodes} --hours ${durationMs / 3_600_000} --shrink`;
  return `${failure.class}: ${failure.checker}: ${failure.message}\nagain: ${command}`;
}
