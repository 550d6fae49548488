// Runs a command that consists of parts: the changes of each part are applied, so that the next part is decided on the state after it.
// If a part is refused, nothing of the command is left.

import { ok } from "../lib/result.ts";
import type { Change } from "../model/change.ts";
import type { Outcome } from "../model/refusal.ts";
import type { Granted } from "./commands/command.ts";
import type { ClusterState } from "./state/cluster-state.ts";
import type { Delta } from "./state/delta.ts";

/** Gives the changes of one part after the other, and at the end what the command has done, or why all of it is refused. */
export type Parts = Generator<readonly Change[], Outcome<Granted>, void>;

export interface Applied {
  change: Change;
  delta: Delta;
}

export function runParts(state: ClusterState, parts: Parts): Outcome<{ granted: Granted; applied: Applied[] }> {
  const { cursors } = state;
  const applied: Applied[] = [];
  for (;;) {
    const next = parts.next();
    if (!next.done) {
      for (const change of next.value) applied.push({ change, delta: state.apply(change) });
      continue;
    }
    if (next.value.ok) return ok({ granted: next.value.value, applied });
    for (let at = applied.length - 1; at >= 0; at--) state.revert(applied[at]!.delta);
    state.cursors = cursors;
    return next.value;
  }
}
