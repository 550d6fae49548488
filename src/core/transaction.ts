// Runs a command that consists of parts: the changes of each part are applied, so that the next part is decided on the state after it.
// If a part is refused, nothing of the command is left.

import { ok } from "../lib/result.ts";
import type { Change } from "../model/change.ts";
import type { Outcome } from "../model/refusal.ts";
import type { Decision, Granted } from "./commands/command.ts";
import type { ClusterState } from "./state/cluster-state.ts";
import type { Delta } from "./state/delta.ts";

/** Gives the changes of one part after the other, and at the end what the command has done, or why all of it is refused. */
export type Parts = Generator<readonly Change[], Outcome<Granted>, void>;

/** A command that is decided at once. */
export function* onePart(decision: Outcome<Decision>): Parts {
  if (!decision.ok) return decision;
  yield decision.value.changes;
  return ok(decision.value.granted);
}

export interface Applied {
  change: Change;
  delta: Delta;
}

/** `check`: gets what all parts did, and refuses the command all the same, or gives nothing. */
export function runParts(
  state: ClusterState,
  parts: Parts,
  check: (deltas: readonly Delta[]) => Outcome<never> | null | undefined = () => null,
): Outcome<{ granted: Granted; applied: Applied[] }> {
  const { cursors } = state;
  const applied: Applied[] = [];
  for (;;) {
    const next = parts.next();
    if (!next.done) {
      for (const change of next.value) applied.push({ change, delta: state.apply(change) });
      continue;
    }
    const outcome = next.value;
    const refusal = outcome.ok ? check(applied.map(({ delta }) => delta)) : outcome;
    if (!refusal && outcome.ok) return ok({ granted: outcome.value, applied });
    for (let at = applied.length - 1; at >= 0; at--) state.revert(applied[at]!.delta);
    state.cursors = cursors;
    return refusal as Outcome<never>;
  }
}
