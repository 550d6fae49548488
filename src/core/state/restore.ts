// A state that comes back from a backup: read line by line and checked, compared with the one it replaces, and made ready
// to continue after it, so that no revision, epoch or task id is ever given twice.

import { InvariantError } from "../../lib/assert.ts";
import type { Cluster } from "../../model/cluster/cluster.ts";
import { clusterRecordId } from "../../model/cluster/kind.ts";
import type { Comparison, Difference, Differences } from "../../model/comparison.ts";
import type { TaskId } from "../../model/ids.ts";
import type { RecordSummary } from "../../model/kinds/kind.ts";
import {
  type AnyKind,
  isKind,
  type KindName,
  kindNames,
  kinds,
  type PerListedKind,
  perListedKind,
} from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { isPlaced } from "../../model/task/reason.ts";
import type { PackedTask } from "../../model/task/task.ts";
import type { ClusterState } from "./cluster-state.ts";
import { currentLines, type SnapshotLine, SnapshotReader } from "./snapshot.ts";

/** What is wrong with a record, as a sentence. */
export class BadRecord extends Error {
  override name = "BadRecord";
}

type Checks = Readonly<Record<KindName, (packed: unknown) => string | null>>;

/** Loads the record checks of every kind. */
export async function loadRestoreReader(): Promise<RestoreReader> {
  const { checkWith } = await import("../../model/kinds/record-check.ts");
  const checks = await Promise.all(
    kindNames.map(async (kind) => [kind, checkWith(await (kinds[kind] as AnyKind).loadSchema())] as const),
  );
  return new RestoreReader(Object.fromEntries(checks) as unknown as Checks);
}

/** Reads records that come from outside. Throws BadRecord. */
export class RestoreReader {
  readonly #reader = new SnapshotReader();
  readonly #checks: Checks;
  #headers = 0;

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  line(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new BadRecord(`it is not JSON: ${(error as Error).message}`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadRecord("it is not an object");
    if (!["header", "kind", "node", "task"].some((key) => key in value))
      throw new BadRecord("it is neither a header nor a record of a known kind");
    if ("shared" in value) throw new BadRecord("it has a shared value, which only a snapshot of the journal may have");
    for (const line of current(value)) this.#check(line);
    broken(() => this.#reader.line(value));
  }

  #check(line: SnapshotLine): void {
    if ("header" in line) {
      if (++this.#headers > 1) throw new BadRecord("it is a second header");
      const fault = headerFault(line.header);
      if (fault !== null) throw new BadRecord(`the header ${fault}`);
      return;
    }
    const { kind, record } = line;
    if (!isKind(kind)) throw new BadRecord(`it is of the unknown kind ${JSON.stringify(kind).slice(0, 80)}`);
    const fault = this.#checks[kind](record);
    if (fault !== null) throw new BadRecord(`a ${kind} ${fault}`);
    const { state } = this.#reader;
    const id = (kinds[kind] as AnyKind).idOf(record);
    if (kind === "cluster") return;
    if (state.tables[kind].has(id)) throw new BadRecord(`${kind} ${id} is there twice`);
    const { limit, plural } = kinds[kind] as AnyKind;
    const most = kind === "task" ? limits.restoredTasks : limit;
    if (state.tables[kind].size >= most) throw new BadRecord(`there are more than ${most} ${plural}`);
    if (kind !== "task") return;
    const { observed, placement } = record as PackedTask;
    if (isPlaced(observed?.status ?? "pending") && !state.nodes.has(placement!.nodeId))
      throw new BadRecord(`task ${id} is placed on node ${placement!.nodeId}, which is not there`);
  }

  /** The state of all lines. Throws BadRecord if the header or the record of the cluster is missing. */
  end(): ClusterState {
    if (this.#headers === 0) throw new BadRecord("there is no header");
    const { state } = this.#reader;
    broken(() => this.#reader.end());
    if (state.cluster.clusterId === "") throw new BadRecord("there is no record of the cluster");
    return state;
  }
}

/** The line in the current format. Throws BadRecord if the migration fails, which it does for a line that is no record. */
function current(value: object): SnapshotLine[] {
  try {
    return currentLines(value as SnapshotLine);
  } catch {
    throw new BadRecord("it is not a record");
  }
}

function headerFault({ revision, cursors }: { revision: unknown; cursors: unknown }): string | null {
  if (!Number.isSafeInteger(revision) || (revision as number) < 0)
    return "has a field revision that is not a number from 0";
  if (typeof cursors !== "object" || cursors === null) return "has no cursors";
  for (const [name, value] of Object.entries(cursors)) {
    if (value !== null && typeof value !== "string") return `has a field ${name} that is not an id`;
  }
  return null;
}

/** Runs a step; an invariant that fails in it is a fault of the records, not of Podling. */
function broken(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (error instanceof InvariantError || error instanceof TypeError) throw new BadRecord(error.message);
    throw error;
  }
}

/** What is known of the cluster that a backup replaces. */
export interface Replaced {
  revision: number;
  cluster: Cluster;
  lastTaskId: TaskId | null;
}

/** True when the cluster has no tasks: a restore may replace it without `force`. */
export function isEmptyCluster(state: ClusterState): boolean {
  return state.tasks.size === 0;
}

/**
 * Sets `state`, just read from a backup, to continue after `before`. If the backup's own cluster continued elsewhere (its
 * machine died, this is another journal), the revisions and epochs that it gave since are unknown. Then both jump to the
 * current time, which is above any of them: no journal has written a batch each millisecond since 1970, and no master has
 * started each second.
 */
export function continueAfter(state: ClusterState, before: Replaced, now: number): void {
  const seen = before.cluster.clusterId === state.cluster.clusterId && before.revision >= state.revision;
  const revision = Math.max(before.revision, state.revision, seen ? 0 : Math.floor(now)) + 1;
  const epoch = Math.max(before.cluster.epoch, state.cluster.epoch, seen ? 0 : Math.floor(now / 1000));
  state.revision = revision;
  state.apply({ type: "cluster.updated", id: clusterRecordId, set: { epoch } });
  const { cursors } = state;
  if (before.lastTaskId !== null && before.lastTaskId > (cursors.lastTaskId ?? ""))
    state.cursors = { ...cursors, lastTaskId: before.lastTaskId };
}

/** What a backup says of a node may be out of date: until the node registers, only its existence counts. */
export function markUnconfirmed(state: ClusterState): void {
  for (const id of [...state.nodes.keys()].sort())
    state.apply({ type: "node.updated", id, set: { unconfirmed: true } });
}

/** What becomes of the records of each kind when `then` takes the place of `now`, by the kind's plural name. */
export function compareStates(now: ClusterState, then: ClusterState): PerListedKind<Comparison> {
  return perListedKind((kind) => compare(sideOf(now, kind), sideOf(then, kind)));
}

/** How many records of each kind the state holds, by the kind's plural name. */
export function countRecords(state: ClusterState): PerListedKind<number> {
  return perListedKind((kind) => state.tables[kind].size);
}

function sideOf(state: ClusterState, kind: KindName): Side {
  const table = state.tables[kind] as ReadonlyMap<string, object>;
  const { summary } = kinds[kind] as AnyKind;
  return {
    get(id) {
      const record = table.get(id);
      return record && summary(record);
    },
    ids: [...table.keys()].sort(),
  };
}

interface Side {
  get(id: string): RecordSummary | undefined;
  ids: Iterable<string>;
}

function compare(now: Side, then: Side): Comparison {
  const none = (): Differences => ({ count: 0, live: 0, first: [] });
  const comparison: Comparison = { forgotten: none(), returning: none(), differing: none() };
  const note = (differences: Differences, difference: Difference, live: boolean) => {
    differences.count++;
    if (live) differences.live++;
    if (differences.first.length < limits.differencesListed) differences.first.push(difference);
  };
  for (const id of now.ids) {
    const [here, there] = [now.get(id)!, then.get(id)];
    const difference = { id, name: here.name, now: here.status, inBackup: there?.status ?? null };
    if (!there) note(comparison.forgotten, difference, here.live);
    else if (here.status !== there.status) note(comparison.differing, difference, here.live);
  }
  for (const id of then.ids) {
    if (now.get(id)) continue;
    const there = then.get(id)!;
    note(comparison.returning, { id, name: there.name, now: null, inBackup: there.status }, false);
  }
  return comparison;
}
