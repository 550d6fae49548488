// One tick: decide every command, reconcile, and give back one batch of changes, applied to the state but not yet durable.
// The same function serves the master, and later plan, simulate and replay.

import { seededRandom } from "../lib/random.ts";
import { runToEnd } from "../lib/run-to-end.ts";
import type { Change, CommandEntry } from "../model/change.ts";
import { type AnyKind, type KindName, kinds } from "../model/kinds/kinds.ts";
import { limits } from "../model/limits.ts";
import { originText } from "../model/origin.ts";
import type { Outcome } from "../model/refusal.ts";
import type { Granted, Submission } from "./commands/command.ts";
import { decide, isOnApp, partsOf } from "./commands/decide.ts";
import { reconcile, wakeAt } from "./reconcile/reconcile.ts";
import type { Retention } from "./reconcile/reconciler.ts";
import type { ClusterState } from "./state/cluster-state.ts";
import type { Delta } from "./state/delta.ts";
import { onePart, runParts } from "./transaction.ts";
import { driftOfPlacements, driftOfRecords } from "./what-if/plan/drift.ts";

export interface TickContext {
  /** ms since the epoch. */
  now: number;
  /** Every draw of the tick comes from it. */
  seed: number;
  retention: Retention;
  /** Called with what a command did, before the reconcilers run. Left out: nothing looks at it. */
  decided?: (command: number, deltas: readonly Delta[]) => void;
}

export interface Tick {
  /** Empty: nothing to remember, and the revision stays. */
  changes: Change[];
  /** What each change did, in the same order. */
  deltas: Delta[];
  /** One for each command, in order. */
  outcomes: Outcome<Granted>[];
  /** When the next tick is due without a command, in ms since the epoch: not after `now` when work is left; null: never. */
  wakeAt: number | null;
  /** Undoes all of it, when the journal could not append the batch. */
  undo(): void;
}

/** Changes applied before the caller may do other work: less than a millisecond. */
const changesPerSlice = 64;

export function runTick(state: ClusterState, submissions: readonly Submission[], context: TickContext): Tick {
  return runToEnd(tickInSlices(state, submissions, context));
}

/** The same in slices, for a state that nothing else changes meanwhile. */
export function* tickInSlices(
  state: ClusterState,
  submissions: readonly Submission[],
  context: TickContext,
): Generator<void, Tick> {
  /** Commands that are refused because tasks would get other nodes than their plans say. */
  const drifted = new Map<number, Outcome<never>>();
  for (;;) {
    const tick = yield* decideAll(state, submissions, context, drifted);
    const more = driftedIn(state, submissions, tick);
    if (more.size === 0) return tick;
    // Without these commands the others may place their tasks otherwise.
    tick.undo();
    for (const [index, refusal] of more) drifted.set(index, refusal);
  }
}

function driftedIn(state: ClusterState, submissions: readonly Submission[], tick: Tick): Map<number, Outcome<never>> {
  const found = new Map<number, Outcome<never>>();
  for (const [index, { expected }] of submissions.entries()) {
    const refusal = expected && tick.outcomes[index]!.ok ? driftOfPlacements(state, expected, tick.deltas) : null;
    if (refusal) found.set(index, refusal);
  }
  return found;
}

function* decideAll(
  state: ClusterState,
  submissions: readonly Submission[],
  { now, seed, retention, decided }: TickContext,
  drifted: ReadonlyMap<number, Outcome<never>>,
): Generator<void, Tick> {
  const random = seededRandom(seed);
  const written = new Changes();
  const { cursors } = state;
  const attempts = state.pending.attempts();
  const revision = state.revision + 1;
  const apply = (change: Change) => written.add(change, state.apply(change));

  const outcomes: Outcome<Granted>[] = [];
  for (const [index, { command, expected }] of submissions.entries()) {
    const context = { now, revision, random };
    const refusal = drifted.get(index);
    if (refusal) {
      outcomes.push(refusal);
      continue;
    }
    if (!decided && !expected && !isOnApp(command)) {
      const outcome = decide(state, command, context);
      if (outcome.ok) for (const change of outcome.value.changes) apply(change);
      outcomes.push(outcome.ok ? { ok: true, value: outcome.value.granted } : outcome);
      continue;
    }
    const parts = isOnApp(command) ? partsOf(state, command, context) : onePart(decide(state, command, context));
    const done = runParts(state, parts, (deltas) => expected && driftOfRecords(state, expected, deltas));
    outcomes.push(done.ok ? { ok: true, value: done.value.granted } : done);
    if (!done.ok) continue;
    for (const { change, delta } of done.value.applied) written.add(change, delta);
    decided?.(
      index,
      done.value.applied.map(({ delta }) => delta),
    );
    yield;
  }
  let count = 0;
  for (const change of reconcile(state, { now, revision, random, retention })) {
    apply(change);
    if (++count % changesPerSlice === 0) yield;
  }

  const { changes, deltas } = written.end();
  if (changes.length > 0) state.revision = revision;
  const undo = () => {
    for (let at = deltas.length - 1; at >= 0; at--) state.revert(deltas[at]!);
    state.cursors = cursors;
    state.pending.restoreAttempts(attempts);
    if (changes.length > 0) state.revision = revision - 1;
  };
  return { changes, deltas, outcomes, wakeAt: wakeAt(state, { now, retention }), undo };
}

/**
 * The changes of a tick, and what each did. A record that is created and then changed is written once, if its kind can be
 * merged: most tasks are placed in the tick that creates them.
 */
class Changes {
  #changes: (Change | null)[] = [];
  #deltas: (Delta | null)[] = [];
  /** Where records that may still be merged were created, by kind and id. */
  readonly #created = new Map<KindName, Map<string, number>>();

  add(change: Change, delta: Delta): void {
    const { kind, before, after } = delta;
    const { idOf, merge } = kinds[kind] as AnyKind;
    let created = this.#created.get(kind);
    if (merge && (before === null || created)) {
      if (!created) {
        created = new Map();
        this.#created.set(kind, created);
      }
      const id = idOf((after ?? before)!);
      const at = created.get(id);
      if (after === null) created.delete(id);
      else if (before === null) created.set(id, this.#changes.length);
      else if (at !== undefined) {
        created.set(id, this.#changes.length);
        this.#merge(at, change, after);
        return;
      }
    }
    this.#push(change, delta);
  }

  end(): { changes: Change[]; deltas: Delta[] } {
    return { changes: this.#changes.filter((one) => one !== null), deltas: this.#deltas.filter((one) => one !== null) };
  }

  #merge(at: number, change: Change, after: object): void {
    const created = this.#changes[at] as Extract<Change, { record: object }>;
    const { kind } = this.#deltas[at]!;
    const record = (kinds[kind] as AnyKind).merge!(created.record, (change as Extract<Change, { set: object }>).set);
    this.#changes[at] = this.#deltas[at] = null;
    this.#push({ type: created.type, record } as Change, { kind, before: null, after } as Delta);
  }

  #push(change: Change, delta: Delta): void {
    this.#changes.push(change);
    this.#deltas.push(delta);
  }
}

/** The commands of a batch as the log keeps them: the first ones by their targets, and counts of those beyond the limit. */
export function commandEntries(
  submissions: readonly Submission[],
  outcomes: readonly Outcome<Granted>[],
): CommandEntry[] {
  const entries: CommandEntry[] = [];
  const counts = new Map<string, CommandEntry>();
  let named = 0;
  for (const [index, { command, origin }] of submissions.entries()) {
    if (command.type === "wake") continue;
    if (named < limits.batchCommandEntries) {
      named++;
      addEntry(entries, entryOf(command, origin, outcomes[index]!));
      continue;
    }
    const key = `${command.type} ${origin.kind}`;
    const counted = counts.get(key);
    if (counted) counted.count!++;
    else counts.set(key, { type: command.type, by: `${origin.kind}:`, count: 1 });
  }
  return [...entries, ...counts.values()];
}

function entryOf(
  command: Submission["command"],
  origin: Submission["origin"],
  outcome: Outcome<Granted>,
): CommandEntry {
  const targets = targetsOf(command, outcome);
  return {
    type: command.type,
    by: originText(origin),
    ...(targets.length === 0 ? {} : { targets }),
    ...(origin.requestId === undefined ? {} : { request: origin.requestId }),
    ...(outcome.ok ? {} : { refused: outcome.refusal.code }),
  };
}

/** Adds the target to the last entry if that is alike, else adds the entry. */
function addEntry(entries: CommandEntry[], entry: CommandEntry): void {
  const last = entries.at(-1);
  const isAlike = last?.type === entry.type && last.by === entry.by && last.refused === entry.refused;
  if (isAlike && last.request === undefined && entry.request === undefined && last.targets && entry.targets)
    last.targets.push(...entry.targets);
  else entries.push(entry);
}

/** A command on an app names each member that it changed: their events are of the same origin. */
function targetsOf(command: Submission["command"], outcome: Outcome<Granted>): string[] {
  if (isOnApp(command)) {
    const members = outcome.ok ? outcome.value.app!.members : [];
    const changed = members.filter(({ change }) => change !== "unchanged" && change !== "kept");
    return [command.name, ...changed.map(({ id }) => id)];
  }
  const target = targetOf(command, outcome);
  return target === undefined ? [] : [target];
}

function targetOf(command: Submission["command"], outcome: Outcome<Granted>): string | undefined {
  if (isOnVolume(command)) return command.name;
  if ("taskId" in command) return command.taskId;
  if ("nodeId" in command) return command.nodeId;
  if ("serviceId" in command) return command.serviceId;
  if ("jobId" in command) return command.jobId;
  if ("scheduleId" in command) return command.scheduleId;
  if (!outcome.ok) return undefined;
  const { taskId, nodeId, serviceId, jobId, scheduleId, volume, contentId, credential } = outcome.value;
  return taskId ?? nodeId ?? serviceId ?? jobId ?? scheduleId ?? volume ?? contentId ?? credential;
}

function isOnVolume(command: Submission["command"]): command is Extract<Submission["command"], { name: string }> {
  return /Volume(Work|Copy|Data)?$/.test(command.type);
}
