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
  mostRuns: number;
  mayGoOn(): boolean;
  /** Called with the progress of each run, so that the caller can stop waiting. */
  onProgress?: ((virtualMs: number, plan: Plan) => void) | undefined;
}

export interface Simulator {
  run(asked: PlanOptions, watch?: Watch): Promise<Report>;
  shrink(asked: PlanOptions, failed: Report, bounds: ShrinkBounds): Promise<Shrunk>;
}

/** `moreCheckers` run in addition to the usual ones. */
export function createSimulator(moreCheckers: readonly Checker[] = []): Simulator {
  const play = (plan: Plan, { trace, onProgress }: Watch) =>
    simulate({ plan, trace, moreCheckers, onProgress: onProgress && ((virtualMs) => onProgress(virtualMs, plan)) });
  return {
    run: (asked, watch = {}) => play(drawPlan(asked), watch),
    shrink: (asked, report, { mostRuns, mayGoOn, onProgress }) =>
      shrink({ asked, report, mostRuns, mayGoOn, run: (plan) => play(plan, { onProgress }) }),
  };
}
