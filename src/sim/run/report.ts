// What a run was and how it ended: the figures, and the sentences that people read.

import type { Plan } from "../faults/plan.ts";
import type { Failure } from "./context.ts";

export interface Report {
  plan: Plan;
  /** The first thing that was wrong; null: nothing was. */
  failure: Failure | null;
  /** Of all that happened: the same for the same seed and code. */
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
  /** From a node's going away to its task's replacement running, in ms. */
  recoveriesMs: number[];
  /** From healing to rest; null: it did not come so far. */
  convergedAfterMs: number | null;
}
