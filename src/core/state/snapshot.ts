// A state as text lines, and back: what a journal's snapshot and a backup hold. Records are immutable, so that the lines
// can be written a few at a time while other changes are applied.

import { assert } from "../../lib/assert.ts";
import { runToEnd } from "../../lib/run-to-end.ts";
import { type Change, dataFormat } from "../../model/change.ts";
import type { Cluster } from "../../model/cluster/cluster.ts";
import { clusterRecordId } from "../../model/cluster/kind.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import type { Shared } from "../../model/kinds/kind.ts";
import { type AnyKind, type KindName, kinds, listedKinds } from "../../model/kinds/kinds.ts";
import { migrateRecord } from "../../model/kinds/migrate.ts";
import { SharedNumbers } from "../../model/kinds/shared-values.ts";
import { limits } from "../../model/limits.ts";
import type { ObservedStatus } from "../../model/task/status.ts";
import { ClusterState, type Cursors } from "./cluster-state.ts";
import type { Sharing } from "./sharing.ts";

/** One line. The header may come first or last. */
export type SnapshotLine = { header: Header } | { kind: KindName; format: number; record: object };

/**
 * A chunk of records of a kind with a `chunkForm`: they hold the numbers of values that they have in common. `near` has those
 * of the chunk, counted from 0; `shared` goes on with those of the snapshot. A backup has a line for each record.
 */
interface ChunkLine {
  kind: KindName;
  format: number;
  shared: object[];
  near: (object | string)[];
  records: object[];
}

interface Header {
  format: number;
  revision: number;
  cursors: Cursors;
}

/** Format 1 (release 0.1.0): the cluster in the header, a line for each node and task. */
interface HeaderOfFormat1 {
  revision: number;
  cluster: Cluster;
  lastNodeId: NodeId | null;
  lastTaskId: TaskId | null;
  /** Finished tasks in the order in which their ends became known. */
  finished: TaskId[];
}

type LineOfFormat1 = { header: HeaderOfFormat1 } | { node: object } | { task: object; idempotency?: object };

/** The state as of this call, whatever changes while the chunks are drawn. */
export function writeSnapshot(state: ClusterState): Iterable<string> {
  return chunksOf(writeHeader(state), writeRecords(state));
}

/** The same with whole records, for a backup: equal states give equal text. */
export function writeWholeSnapshot(state: ClusterState): Iterable<string> {
  return chunksOf(writeHeader(state), inChunks(linesOf(listedRecords(state))));
}

function* chunksOf(header: string, records: Iterable<string>): Generator<string> {
  yield header;
  yield* records;
}

/** The records of a snapshot without what `writeHeader` gives, which may follow as a chunk of its own. */
export function writeRecords(state: ClusterState): Iterable<string> {
  return recordChunks(listedRecords(state));
}

function* recordChunks(listed: ListedRecords): Generator<string> {
  for (const [kind, records] of listed) {
    if ((kinds[kind] as AnyKind).chunkForm) yield* numberedChunks(kind, records);
    else yield* inChunks(linesOf([[kind, records]]));
  }
}

type ListedRecords = readonly (readonly [kind: KindName, records: object[]])[];

function listedRecords(state: ClusterState): ListedRecords {
  return listedKinds.map((kind) => [kind, recordsOf(state, kind)] as const);
}

/** The header, and the record of the cluster: what a restore learns at its end. */
export function writeHeader({ revision, cursors, cluster }: ClusterState): string {
  const header: SnapshotLine = { header: { format: dataFormat, revision, cursors } };
  const record: SnapshotLine = { kind: "cluster", format: dataFormat, record: kinds.cluster.pack(cluster) };
  return `${JSON.stringify(header)}\n${JSON.stringify(record)}`;
}

/** Sorted by id, so that equal states give equal text. */
function recordsOf(state: ClusterState, kind: KindName): object[] {
  if (kind === "task") return [...state.order.after("")].map((taskId) => state.task(taskId));
  const table = state.tables[kind] as ReadonlyMap<string, object>;
  return [...table.keys()].sort().map((id) => table.get(id)!);
}

type RecordLine = Extract<SnapshotLine, { record: object }>;

function* linesOf(records: ListedRecords): Generator<RecordLine> {
  for (const [kind, all] of records) {
    for (const record of all) yield { kind, format: dataFormat, record: kinds[kind].pack(record as never) };
  }
}

function* numberedChunks(kind: KindName, records: readonly object[]): Generator<string> {
  const { pack, chunkForm } = kinds[kind] as AnyKind;
  const shared = new SharedNumbers();
  for (let at = 0; at < records.length; at += limits.snapshotChunkRecords) {
    const { count } = shared;
    const near = new SharedNumbers();
    const numbered = records
      .slice(at, at + limits.snapshotChunkRecords)
      .map((record) => chunkForm!.numbered(record, pack(record), shared, near));
    const values = { shared: shared.values.slice(count) as object[], near: near.values as (object | string)[] };
    yield JSON.stringify({ kind, format: dataFormat, ...values, records: numbered } satisfies ChunkLine);
  }
}

function* inChunks(lines: Iterable<SnapshotLine>): Generator<string> {
  let chunk: string[] = [];
  for (const line of lines) {
    chunk.push(JSON.stringify(line));
    if (chunk.length < limits.snapshotChunkRecords) continue;
    yield chunk.join("\n");
    chunk = [];
  }
  if (chunk.length > 0) yield chunk.join("\n");
}

export function readSnapshot(chunks: Iterable<string>): ClusterState {
  return runToEnd(readSnapshotInSteps(chunks));
}

/** Yields after each chunk the number of its records, so that the caller can let other work run. */
function* readSnapshotInSteps(chunks: Iterable<string>): Generator<number, ClusterState> {
  const reader = new SnapshotReader();
  for (const chunk of chunks) {
    yield reader.chunk(chunk);
  }
  return reader.end();
}

/** A state from the lines of a snapshot of any format. It takes records as they are: RestoreReader checks them first. */
export class SnapshotReader {
  readonly state = new ClusterState();
  #header: Header | null = null;
  readonly #shared: object[] = [];
  /** Of format 1: the order that records of format 2 carry themselves. */
  #finished: readonly TaskId[] = [];

  /** Lines that this program wrote. Returns how many records they have. */
  chunk(text: string): number {
    // Lines of JSON hold no line breaks. Parsed in one go, they take half the time.
    const lines = JSON.parse(`[${text.replaceAll("\n", ",")}]`) as object[];
    let count = 0;
    for (const line of lines) {
      if ("records" in line) count += this.#chunkLine(line as ChunkLine);
      else {
        this.line(line);
        count++;
      }
    }
    return count;
  }

  line(value: unknown): void {
    const whole = value as SnapshotLine | LineOfFormat1;
    for (const line of currentLines(whole)) {
      if ("header" in line) this.#takeHeader(line.header, value as LineOfFormat1);
      else this.state.apply(createdOf(line.kind, line.record));
    }
  }

  #chunkLine({ kind, format, shared, near, records }: ChunkLine): number {
    const { chunkForm } = kinds[kind] as AnyKind;
    const { state } = this;
    for (const value of shared) this.#shared.push(value);
    const values = near.map((value) => (typeof value === "string" ? state.sharing.text(value) : value));
    const made = new ChunkValues(state.sharing, values);
    for (const record of records) {
      const common = chunkForm!.fillIn(record, this.#shared, values);
      if (format === dataFormat) state.load(kind, record, made, common);
      else this.line({ kind, format, record }); // migrations get whole records
    }
    return records.length;
  }

  #takeHeader(header: Header, raw: LineOfFormat1): void {
    this.#header = header;
    if ("header" in raw && raw.header.finished) this.#finished = raw.header.finished;
  }

  end(): ClusterState {
    const header = this.#header;
    assert(header, "a snapshot without its header");
    const { state } = this;
    // Negative numbers sort before every later end.
    for (const [index, id] of this.#finished.entries()) {
      const task = state.tasks.get(id);
      if (!task?.ended) continue;
      const ended = { ...task.ended, revision: index - this.#finished.length };
      state.apply({ type: "task.updated", id, set: { ended } });
    }
    state.revision = header.revision;
    state.cursors = header.cursors;
    return state;
  }
}

/** What the values of a chunk were unpacked to. */
class ChunkValues implements Shared {
  readonly #sharing: Sharing;
  readonly #made = new Map<object, object | null>();

  constructor(sharing: Sharing, values: readonly (object | string)[]) {
    this.#sharing = sharing;
    for (const value of values) if (typeof value === "object") this.#made.set(value, null);
  }

  value<T extends object>(packed: object, make: () => T): T {
    return this.#sharing.value(packed, make);
  }

  once<T extends object>(packed: object, make: () => T): T {
    const known = this.#made.get(packed);
    if (known === undefined) return make();
    if (known !== null) return known as T;
    const made = this.#sharing.unstarted(make() as unknown as ObservedStatus);
    this.#made.set(packed, made);
    return made as unknown as T;
  }
}

function createdOf(kind: KindName, record: object): Change {
  // The record of the cluster exists from the start.
  if (kind === "cluster") return { type: "cluster.updated", id: clusterRecordId, set: record };
  return { type: `${kind}.created`, record } as Change;
}

/** The line in the current format; two lines for a header of format 1, which held the record of the cluster. */
export function currentLines(line: SnapshotLine | LineOfFormat1): SnapshotLine[] {
  if ("kind" in line) {
    const { kind, format, record } = line;
    if (format === dataFormat) return [line];
    return [{ kind, format: dataFormat, record: migrateRecord(kind, record, format, noBatch) }];
  }
  if ("header" in line) {
    if ("cursors" in line.header) return [line as SnapshotLine];
    const { revision, cluster, lastNodeId, lastTaskId } = line.header;
    const header = { format: dataFormat, revision, cursors: { lastNodeId, lastTaskId } };
    return [{ header }, { kind: "cluster", format: dataFormat, record: cluster }];
  }
  if ("node" in line) return currentLines({ kind: "node", format: 1, record: line.node });
  const { task, idempotency } = line;
  return currentLines({ kind: "task", format: 1, record: { ...task, ...(idempotency ? { idempotency } : {}) } });
}

/** The context of a migration for records that come from a snapshot, not from a batch. */
const noBatch = { revision: 0, at: 0 };
