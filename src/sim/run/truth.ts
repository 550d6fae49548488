// The truth: every durable batch of the master's disk, applied to a state of its own. Everything else is compared with it.
// It is made from the disk alone, and not from what the master says.

import { ClusterState } from "../../core/state/cluster-state.ts";
import type { Delta, DeltaOf } from "../../core/state/delta.ts";
import { applyBatch } from "../../core/state/recover.ts";
import type { Batch } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { type AnyKind, type KindName, kinds } from "../../model/kinds/kinds.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { isPlaced } from "../../model/task/reason.ts";
import type { Task } from "../../model/task/task.ts";
import { assignmentText, type TaskView, viewTask } from "../../model/task/view.ts";

/** Task versions remembered, by the task: streams may carry older versions. */
const tasksRemembered = 20_000;

/** What one change of a batch did. Null: the record did not exist before, or does not exist any more. */
export interface Certain<Id, Record> {
  id: Id;
  before: Record | null;
  after: Record | null;
}

/** A batch that became certain, as what it did. */
export interface CertainBatch {
  batch: Batch;
  tasks: Certain<TaskId, TaskView>[];
  nodes: Certain<NodeId, NodeRecord>[];
  /** What each change did, of every kind; see `changesOf`. */
  deltas: readonly Delta[];
}

/** What a batch did to records of one kind. */
export function changesOf<K extends KindName>({ deltas }: Pick<CertainBatch, "deltas">, kind: K): DeltaOf<K>[] {
  return deltas.filter((delta) => delta.kind === kind) as unknown as DeltaOf<K>[];
}

export class Truth {
  readonly state = new ClusterState();
  /** Every task as the API shows it. */
  readonly tasks = new Map<TaskId, TaskView>();
  /** The ids of records that were removed by a change in the log, of every kind. */
  readonly removed = new Set<string>();
  /** Of each task, the texts that a batch ever left it with, as hashes. */
  readonly #versions = new Map<string, Set<number | bigint>>();
  /** Which tasks take capacity of a node: kept apart from the scheduler's own books, which are what is checked. */
  readonly #placed = new Map<NodeId, Set<TaskId>>();
  /** The tasks of each owner, finished ones too: apart from the index of the reconciler that made them. */
  readonly #owned = new Map<string, Set<TaskId>>();
  batches = 0;

  apply(batch: Batch): CertainBatch {
    const deltas = applyBatch(this.state, batch);
    const certain: CertainBatch = { batch, tasks: [], nodes: [], deltas };
    for (const delta of deltas) {
      if (delta.after === null && delta.before !== null)
        this.removed.add((kinds[delta.kind] as AnyKind).idOf(delta.before));
      if (delta.kind === "node") {
        const { nodeId } = (delta.after ?? delta.before)!;
        certain.nodes.push({ id: nodeId, before: delta.before, after: delta.after });
      } else if (delta.kind === "task") certain.tasks.push(this.#taskChanged(delta.before, delta.after));
    }
    this.batches++;
    for (const { id } of certain.tasks) {
      const task = this.tasks.get(id);
      if (task) this.#remember(task);
    }
    return certain;
  }

  #taskChanged(from: Task | null, to: Task | null): Certain<TaskId, TaskView> {
    const { taskId: id } = (to ?? from)!;
    const before = from && (this.tasks.get(id) ?? viewTask(from));
    const after = to && viewTask(to);
    this.#ownedChanged(id, from, to);
    if (before?.nodeId) this.#placed.get(before.nodeId)?.delete(id);
    if (after === null) {
      this.tasks.delete(id);
    } else {
      this.tasks.set(id, after);
      if (after.nodeId !== null && isPlaced(after.status)) {
        const placed = this.#placed.get(after.nodeId) ?? new Set();
        this.#placed.set(after.nodeId, placed.add(id));
      }
    }
    return { id, before, after };
  }

  #ownedChanged(id: TaskId, from: Task | null, to: Task | null): void {
    const owner = (to ?? from)!.owner;
    if (owner === null) return;
    const owned = this.#owned.get(owner.id) ?? new Set();
    if (from === null) this.#owned.set(owner.id, owned.add(id));
    else if (to === null) owned.delete(id);
    if (owned.size === 0) this.#owned.delete(owner.id);
  }

  /** Every task of a service or a job that is in the log, finished ones too. */
  ownedBy(ownerId: string): Task[] {
    return [...(this.#owned.get(ownerId) ?? [])].map((taskId) => this.state.task(taskId));
  }

  placedOn(nodeId: NodeId): TaskView[] {
    return [...(this.#placed.get(nodeId) ?? [])].map((taskId) => this.tasks.get(taskId)!);
  }

  #remember(task: TaskView): void {
    let versions = this.#versions.get(task.taskId);
    if (!versions) {
      versions = new Set();
      this.#versions.set(task.taskId, versions);
      if (this.#versions.size > tasksRemembered) this.#versions.delete(this.#versions.keys().next().value!);
    }
    versions.add(Bun.hash(JSON.stringify(task)));
    // A worker gets the containers of a task of several in a form of their own.
    if (task.containers) versions.add(Bun.hash(assignmentText(this.state.task(task.taskId))));
    // A worker gets the time of the stop that was asked for last.
    const stopGraceSeconds = task.requests?.graceSeconds ?? task.stopGraceSeconds;
    if (stopGraceSeconds !== task.stopGraceSeconds)
      versions.add(Bun.hash(JSON.stringify({ ...task, stopGraceSeconds })));
  }

  /** True when this task certainly was exactly so at some time. */
  was(task: TaskView): boolean {
    return this.#versions.get(task.taskId)?.has(Bun.hash(JSON.stringify(task))) ?? false;
  }

  /** True when the log has a task of that id, or removed one. */
  knows(taskId: TaskId): boolean {
    return this.tasks.has(taskId) || this.removed.has(taskId);
  }
}
