// What the command line is given of this room: run a seed, and shrink one that failed. It writes nothing and asks for no
// time; who calls it does.

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
  /** Told of the progress of each run, too: whoever waits wants to leave now and then. */
  onProgress?: ((virtualMs: number, plan: Plan) => void) | undefined;
}

export interface Simulator {
  run(asked: PlanOptions, watch?: Watch): Promise<Report>;
  shrink(asked: PlanOptions, failed: Report, bounds: ShrinkBounds): Promise<Shrunk>;
}

/** `moreCheckers` look beside the usual ones. */
export function createSimulator(moreCheckers: readonly Checker[] = []): Simulator {
  const play = (plan: Plan, { trace, onProgress }: Watch) =>
    simulate({ plan, trace, moreCheckers, onProgress: onProgress && ((virtualMs) => onProgress(virtualMs, plan)) });
  return {
    run: (asked, watch = {}) => play(drawPlan(asked), watch),
    shrink: (asked, report, { mostRuns, mayGoOn, onProgress }) =>
      shrink({ asked, report, mostRuns, mayGoOn, run: (plan) => play(plan, { onProgress }) }),
  };
}
