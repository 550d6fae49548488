// A state as text lines, and back: what a journal's snapshot holds. Records are immutable, so that the lines can be
// written bit by bit while the cluster goes on.

import { assert } from "../../lib/assert.ts";
import type { Cluster } from "../../model/cluster.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type PackedTask, packTask } from "../../model/task/task.ts";
import { ClusterState, type Idempotency } from "./cluster-state.ts";

interface Header {
  revision: number;
  cluster: Cluster;
  lastNodeId: NodeId | null;
  lastTaskId: TaskId | null;
  /** Finished tasks, oldest end first: the order in which retention removes them. */
  finished: TaskId[];
}

type Line = { header: Header } | { node: NodeRecord } | { task: PackedTask; idempotency?: Idempotency };

/** The state as of this call, whatever changes while the chunks are drawn. */
export function writeSnapshot(state: ClusterState): Iterable<string> {
  return inChunks(linesOf(state, true));
}

/** The same without its header, which may follow as a chunk of its own: for whoever learns the revision at the end. */
export function writeRecords(state: ClusterState): Iterable<string> {
  return inChunks(linesOf(state, false));
}

export function writeHeader(state: ClusterState): string {
  return JSON.stringify({ header: headerOf(state) } satisfies Line);
}

function headerOf({ revision, cluster, lastNodeId, lastTaskId, finished }: ClusterState): Header {
  return { revision, cluster, lastNodeId, lastTaskId, finished: [...finished.values()] };
}

function linesOf(state: ClusterState, withHeader: boolean): Iterable<Line> {
  const header = headerOf(state);
  const nodes = [...state.nodes.values()];
  const tasks = [...state.order.after("")].map((taskId) => state.task(taskId));
  const keys = new Map(tasks.flatMap(({ taskId }) => (state.keyOf(taskId) ? [[taskId, state.keyOf(taskId)!]] : [])));
  function* lines(): Generator<Line> {
    if (withHeader) yield { header };
    for (const node of nodes) yield { node };
    for (const task of tasks) {
      const idempotency = keys.get(task.taskId);
      yield { task: packTask(task), ...(idempotency ? { idempotency } : {}) };
    }
  }
  return lines();
}

function* inChunks(lines: Iterable<Line>): Generator<string> {
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

/** Yields after each chunk the number of its records, so that whoever drives it can let others work. */
export function* readSnapshotInSteps(chunks: Iterable<string>): Generator<number, ClusterState> {
  const reader = new SnapshotReader();
  for (const chunk of chunks) {
    const lines = chunk.split("\n");
    for (const text of lines) reader.line(JSON.parse(text));
    yield lines.length;
  }
  return reader.end();
}

/** A state from the lines of a snapshot. It takes them as they are: whoever does not trust them checks them first. */
export class SnapshotReader {
  readonly state = new ClusterState();
  #header: Header | null = null;

  line(value: unknown): void {
    const line = value as Line;
    if ("header" in line) this.#header = line.header;
    else if ("node" in line) this.state.apply({ type: "node.registered", node: line.node });
    else this.state.apply({ type: "task.created", ...line });
  }

  end(): ClusterState {
    const header = this.#header;
    assert(header, "a snapshot without its header");
    const { state } = this;
    state.revision = header.revision;
    state.cluster = header.cluster;
    state.lastNodeId = header.lastNodeId;
    state.lastTaskId = header.lastTaskId;
    state.orderFinished(header.finished);
    return state;
  }
}
