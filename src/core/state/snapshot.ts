// A state as text lines, and back: what a journal's snapshot and a backup hold. Records are immutable, so that the lines
// can be written a few at a time while other changes are applied.

import { assert } from "../../lib/assert.ts";
import { type Change, dataFormat } from "../../model/change.ts";
import type { Cluster } from "../../model/cluster/cluster.ts";
import { clusterRecordId } from "../../model/cluster/kind.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { type AnyKind, type KindName, kinds, listedKinds } from "../../model/kinds/kinds.ts";
import { migrateRecord } from "../../model/kinds/migrate.ts";
import { fillInShared, SharedNumbers } from "../../model/kinds/shared-values.ts";
import { limits } from "../../model/limits.ts";
import { ClusterState, type Cursors } from "./cluster-state.ts";

/** One line. The header may come first or last. */
export type SnapshotLine = { header: Header } | { kind: KindName; format: number; record: object };

/**
 * A value that records have in common (the `sharedField` of their kind), in a snapshot before the first of them: they hold
 * its number, counted from 0. A backup has whole records.
 */
interface SharedLine {
  shared: object;
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
  return inChunks(withShared(linesOf(listedRecords(state))));
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

function* withShared(lines: Iterable<RecordLine>): Generator<RecordLine | SharedLine> {
  const numbers = new SharedNumbers();
  for (const line of lines) {
    const field = (kinds[line.kind] as AnyKind).sharedField;
    if (field === undefined) {
      yield line;
      continue;
    }
    const { count } = numbers;
    const record = numbers.numbered(line.record, field);
    if (numbers.count > count) yield { shared: (line.record as Record<string, object>)[field]! };
    yield { ...line, record };
  }
}

function* inChunks(lines: Iterable<SnapshotLine | SharedLine>): Generator<string> {
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
  const steps = readSnapshotInSteps(chunks);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
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

  /** Lines that this program wrote. Returns how many. */
  chunk(text: string): number {
    // Lines of JSON hold no line breaks. Parsed in one go, they take half the time.
    const lines = JSON.parse(`[${text.replaceAll("\n", ",")}]`) as unknown[];
    for (const value of lines) this.line(value);
    return lines.length;
  }

  line(value: unknown): void {
    if ("shared" in (value as object)) {
      this.#shared.push((value as SharedLine).shared);
      return;
    }
    const whole = value as SnapshotLine | LineOfFormat1;
    // First: migrations get whole records.
    if ("kind" in whole) this.#fillIn(whole);
    for (const line of currentLines(whole)) {
      if ("header" in line) this.#takeHeader(line.header, value as LineOfFormat1);
      else this.state.apply(createdOf(line.kind, line.record));
    }
  }

  /** Puts the shared value in the place of its number. */
  #fillIn({ kind, record }: RecordLine): void {
    const field = (kinds[kind] as AnyKind).sharedField;
    if (field === undefined || typeof (record as Record<string, unknown>)[field] !== "number") return;
    const missing = (number: unknown) => `a ${kind} with the shared value ${number}, which the snapshot does not have`;
    fillInShared(record, field, this.#shared, missing);
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
