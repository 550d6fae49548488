// What every reconciler is: a pure function that yields the changes which follow from the state alone, and the time at
// which it has something to do next.

import type { Random } from "../../lib/random.ts";
import type { Change } from "../../model/change.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export interface Retention {
  /** Finished tasks kept. */
  count: number;
  ageMs: number;
}

export interface ReconcileContext {
  /** ms since the epoch. */
  now: number;
  /** The revision that the batch will get. */
  revision: number;
  random: Random;
  retention: Retention;
}

export type DueContext = Pick<ReconcileContext, "now" | "retention">;

export interface Reconciler {
  name: string;
  /**
   * Yields one step at a time: a change, or several that belong together. The caller applies it before it asks for the
   * next, and may stop after any step.
   */
  run(state: ClusterState, context: ReconcileContext): Generator<Change | readonly Change[]>;
  /**
   * The time of its next work, in ms since the epoch: at or before `now` when work is left, null when only a change of
   * the state can bring more.
   */
  nextDue(state: ClusterState, context: DueContext): number | null;
}
