// What a scenario is: a defect that a seed found, as a small plan in which it showed. It must never come back.

import { limits } from "../../model/limits.ts";
import type { FaultKind } from "../faults/fault-kinds.ts";
import type { Plan } from "../faults/plan.ts";

export interface Scenario {
  name: string;
  /** The sentence that must be true, and that the defect violated. */
  sentence: string;
  foundBy: string;
  /** It showed with each of these seeds. Several, because a change of the code changes what a seed means. */
  seeds: readonly number[];
  plan: Omit<Plan, "seed">;
}

interface Happening {
  kind: FaultKind;
  /** Seconds. */
  at: number;
  for: number;
  /** Which machine, counted from 0. */
  node?: number;
  strength?: number;
}

const hardly: Omit<Plan, "seed" | "faults"> = {
  nodes: 1,
  durationMs: 60_000,
  clients: 1,
  pauseMs: 2000,
  strategy: "spread",
  syncMs: 0,
  /** None. */
  snapshotChanges: Number.MAX_SAFE_INTEGER,
  oldWorkers: 0,
  /** More than any of these runs has. */
  finishedTasks: 10_000,
  finishedAgeMs: limits.finishedTaskAgeMs,
  massLossFraction: limits.massLossFraction,
  twin: "none",
};

/** One node, one slow client and a minute, unless it says more. */
export function planOf(faults: readonly Happening[], more: Partial<Plan> = {}): Scenario["plan"] {
  return {
    ...hardly,
    ...more,
    faults: faults.map(({ kind, at, node = 0, strength = 0.9, ...rest }, index) => ({
      ...{ index, kind, strength, target: node, atMs: at * 1000, durationMs: rest.for * 1000 },
    })),
  };
}
