// Tries commands on the live state: decides them as a tick does, looks at the result, and undoes it.

import type { Submission } from "../commands/command.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { runTick, type Tick, type TickContext } from "../tick.ts";

/** `look` gets the state as it would be. Nothing of the tick is left afterwards, also if `look` throws. */
export function trial<T>(
  state: ClusterState,
  submissions: readonly Submission[],
  context: TickContext,
  look: (tick: Tick) => T,
): T {
  const tick = runTick(state, submissions, context);
  try {
    return look(tick);
  } finally {
    tick.undo();
  }
}
