// One tick: decide every command, settle what follows, and give back one batch of changes, applied to the state but
// not yet durable. The same function serves the master, and later plan, simulate and replay.

import { seededRandom } from "../lib/random.ts";
import type { Change } from "../model/change.ts";
import type { Outcome } from "../model/refusal.ts";
import type { Command, Granted } from "./commands/command.ts";
import { decide } from "./commands/decide.ts";
import { reconcile, wakeAt } from "./reconcile/reconcile.ts";
import type { Retention } from "./reconcile/reconciler.ts";
import type { ClusterState, Undo } from "./state/cluster-state.ts";
import { noteRemoved, nothingRemoved, type Removed } from "./state/removed.ts";

export interface TickContext {
  /** ms since the epoch. */
  now: number;
  /** Every draw of the tick comes from it. */
  seed: number;
  retention: Retention;
}

export interface Tick {
  /** Empty: nothing to remember, and the revision stays. */
  changes: Change[];
  removed: Removed;
  /** One for each command, in order. */
  outcomes: Outcome<Granted>[];
  /** When the next tick is due without a command, in ms since the epoch: not after `now` when work is left; null: never. */
  wakeAt: number | null;
  /** Takes all of it back: the journal could not keep it. */
  undo: Undo;
}

export function runTick(state: ClusterState, commands: readonly Command[], context: TickContext): Tick {
  const { now, seed, retention } = context;
  const random = seededRandom(seed);
  const changes: Change[] = [];
  const undos: Undo[] = [];
  const revision = state.revision + 1;
  const removed = nothingRemoved();
  const apply = (change: Change) => {
    noteRemoved(removed, state, change);
    undos.push(state.apply(change));
    changes.push(change);
  };
  const outcomes = commands.map((command): Outcome<Granted> => {
    const outcome = decide(state, command, { now, random });
    if (!outcome.ok) return outcome;
    for (const change of outcome.value.changes) apply(change);
    return { ok: true, value: outcome.value.granted };
  });
  for (const change of reconcile(state, { now, revision, retention })) apply(change);
  if (changes.length > 0) state.revision = revision;
  const undo = () => {
    for (const undoOne of undos.reverse()) undoOne();
    if (changes.length > 0) state.revision = revision - 1;
  };
  return { changes, removed, outcomes, wakeAt: wakeAt(state, { now, retention }), undo };
}
