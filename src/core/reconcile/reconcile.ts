// What follows from the state without a command: runs each reconciler in a fixed order, bounds the changes of one tick,
// and says when the next tick is due.

import type { Change } from "../../model/change.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { addresses } from "./addresses.ts";
import { dependencies } from "./dependencies.ts";
import { drains } from "./drains.ts";
import { jobs } from "./jobs.ts";
import { neverStarted } from "./never-started.ts";
import { nodeDamping } from "./node-damping.ts";
import { placement } from "./placement.ts";
import type { DueContext, ReconcileContext, Reconciler } from "./reconciler.ts";
import { restarts } from "./restarts.ts";
import { retention } from "./retention.ts";
import { schedules } from "./schedules.ts";
import { services } from "./services.ts";
import { volumes } from "./volumes.ts";

/** In the order in which they run. */
export const reconcilers: readonly Reconciler[] = [
  ...[nodeDamping, drains, restarts, schedules, jobs, services],
  // After all that makes tasks, and before what places them: placement finds a record of each named volume.
  ...[dependencies, volumes, placement, addresses, neverStarted, retention],
];

/** Changes of one tick; the rest follows in the next tick. */
const changesPerTick = 2048;

export function* reconcile(state: ClusterState, context: ReconcileContext): Generator<Change> {
  let budget = changesPerTick;
  for (const { run } of reconcilers) {
    for (const step of run(state, context)) {
      const changes = Array.isArray(step) ? step : [step as Change];
      yield* changes;
      budget -= changes.length;
      if (budget <= 0) return;
    }
  }
}

/**
 * When the next tick is due without a command, in ms since the epoch: at or before `now` when work is left, null when
 * no reconciler waits for a time.
 */
export function wakeAt(state: ClusterState, context: DueContext): number | null {
  let earliest: number | null = null;
  for (const { nextDue } of reconcilers) {
    const due = nextDue(state, context);
    if (due !== null && (earliest === null || due < earliest)) earliest = due;
  }
  return earliest;
}
