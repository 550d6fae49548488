// The result of one simulated run: figures, and the first failure.

import type { Plan } from "../faults/plan.ts";
import type { Failure } from "./failure.ts";

export interface Report {
  plan: Plan;
  /** The first failure. Null if the run passed. */
  failure: Failure | null;
  /** Depends on every event of the run: the same for the same seed and code. */
  hash: string;
  virtualMs: number;
  events: number;
  checks: number;
  /** How many of each kind happened. */
  faults: Record<string, number>;
  messages: number;
  batches: number;
  tasks: number;
  requests: number;
  unanswered: number;
  watcherEvents: number;
  nodes: number;
  /** From the moment a node goes away to the start of its task's replacement, in ms. */
  recoveriesMs: number[];
  /** From the repair to rest, in ms. Null if the cluster did not come to rest. */
  convergedAfterMs: number | null;
}
