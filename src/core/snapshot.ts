// A state as text lines, and back: what a journal's snapshot holds. Records are immutable, so that the lines can be
// written bit by bit while the cluster goes on.

import { assert } from "../lib/assert.ts";
import type { Cluster } from "../model/cluster.ts";
import type { NodeId, TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { NodeRecord } from "../model/node.ts";
import { type PackedTask, packTask } from "../model/task.ts";
import { ClusterState, type Idempotency } from "./state.ts";

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
  const { revision, cluster, lastNodeId, lastTaskId } = state;
  const header: Header = { revision, cluster, lastNodeId, lastTaskId, finished: [...state.finished.values()] };
  const nodes = [...state.nodes.values()];
  const tasks = [...state.order.after("")].map((taskId) => state.task(taskId));
  const keys = new Map(tasks.flatMap(({ taskId }) => (state.keyOf(taskId) ? [[taskId, state.keyOf(taskId)!]] : [])));
  function* lines(): Generator<Line> {
    yield { header };
    for (const node of nodes) yield { node };
    for (const task of tasks) {
      const idempotency = keys.get(task.taskId);
      yield { task: packTask(task), ...(idempotency ? { idempotency } : {}) };
    }
  }
  return inChunks(lines());
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
  const state = new ClusterState();
  let header: Header | null = null;
  for (const chunk of chunks) {
    const lines = chunk.split("\n");
    for (const text of lines) {
      const line = JSON.parse(text) as Line;
      if ("header" in line) header = line.header;
      else if ("node" in line) state.apply({ type: "node.registered", node: line.node });
      else state.apply({ type: "task.created", ...line });
    }
    yield lines.length;
  }
  assert(header, "a snapshot without its header");
  state.revision = header.revision;
  state.cluster = header.cluster;
  state.lastNodeId = header.lastNodeId;
  state.lastTaskId = header.lastTaskId;
  state.orderFinished(header.finished);
  return state;
}
