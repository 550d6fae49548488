// Compares what a command does with the outcome that its client expects, in the tick that carries it out. A difference refuses the
// command: the cluster has changed since the plan.

import type { PlanOutcome } from "../../../model/plan/plan.ts";
import type { Outcome } from "../../../model/refusal.ts";
import { refuse } from "../../../model/refusal.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Delta } from "../../state/delta.ts";
import { resolveNode } from "../../state/lookup.ts";
import { whyNot } from "../why-not.ts";
import { diffOutcomes } from "./diff-outcomes.ts";
import { countedIn, outcomeOf, placementsOf, recordsOf } from "./outcome.ts";

/** `deltas`: what the command did. The state is as it is after it. Null if that is what is expected. */
export function driftOfRecords(
  state: ClusterState,
  expected: PlanOutcome,
  deltas: readonly Delta[],
): Outcome<never> | null {
  const { placements: _, ...records } = expected;
  const now = outcomeOf(recordsOf(state, deltas));
  const differences = diffOutcomes(records, now);
  return differences.length === 0 ? null : refuseDrifted(differences, now);
}

/** `deltas`: what the whole tick did, in which the command is. Null if no placements are expected, or these. */
export function driftOfPlacements(
  state: ClusterState,
  expected: PlanOutcome,
  deltas: readonly Delta[],
): Outcome<never> | null {
  if (!expected.placements) return null;
  const now = { ...expected, placements: placementsOf(state, deltas, countedIn(expected)) };
  const differences = diffOutcomes(expected, now);
  if (differences.length === 0) return null;
  return refuseDrifted([...differences, ...reasons(state, expected, now)], now);
}

/** Why tasks do not get the nodes that they have in the plan: what these nodes lack now. */
function reasons(state: ClusterState, { placements: planned = [] }: PlanOutcome, now: PlanOutcome): string[] {
  const isNow = new Set(now.placements!.map(({ task, node }) => `${task} ${node}`));
  const found = new Set<string>();
  for (const { task: name, node: hostname } of planned) {
    if (isNow.has(`${name} ${hostname}`) || found.size === mostReasons) continue;
    const node = resolveNode(state, hostname);
    const tasks = [...state.named(name)].sort();
    const task = tasks.length > 0 ? state.task(tasks.at(-1)!) : null;
    if (!node.ok) found.add(`${hostname} is gone`);
    else if (task) {
      const { fits, filters } = whyNot(state, task, node.value);
      if (!fits) for (const { message } of filters) found.add(message);
    }
  }
  return [...found];
}

const mostReasons = 5;

function refuseDrifted(differences: readonly string[], outcome: PlanOutcome): Outcome<never> {
  return refuse("plan-drifted", `the cluster has changed since the plan: ${differences.join("; ")}`, {
    hint: "Nothing was changed. Make the plan again, and look at it.",
    details: { differences, outcome },
  });
}
