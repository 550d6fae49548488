// What the command line uses of the simulation: runs a seed, and shrinks one that failed. It writes nothing and reads no
// clock.

import type { Checker } from "../checkers/checker.ts";
import { drawPlan, type Plan, type PlanOptions } from "../faults/plan.ts";
import type { Report } from "./report.ts";
import { type Shrunk, shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

export interface Watch {
  trace?: ((line: string) => void) | undefined;
  onProgress?: ((virtualMs: number, plan: Plan) => void) | undefined;
}

export interface ShrinkBounds {
  maxRuns: number;
  hasTime(): boolean;
  /** Called with the progress of each run, so that the caller can stop waiting. */
  onProgress?: ((virtualMs: number, plan: Plan) => void) | undefined;
}

export interface Simulator {
  run(input: PlanOptions, watch?: Watch): Promise<Report>;
  shrink(input: PlanOptions, failed: Report, bounds: ShrinkBounds): Promise<Shrunk>;
}

/** `moreCheckers` run in addition to the usual ones. */
export function createSimulator(moreCheckers: readonly Checker[] = []): Simulator {
  const play = (plan: Plan, { trace, onProgress }: Watch) =>
    simulate({ plan, trace, moreCheckers, onProgress: onProgress && ((virtualMs) => onProgress(virtualMs, plan)) });
  return {
    run: (input, watch = {}) => play(drawPlan(input), watch),
    shrink: (input, report, { maxRuns, hasTime, onProgress }) =>
      shrink({ input, report, maxRuns, hasTime, run: (plan) => play(plan, { onProgress }) }),
  };
}
