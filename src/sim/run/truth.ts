// What is certain: every batch that the master's disk holds for ever, applied to a state of its own. All else is held
// against it. It is fed by the disk and by nothing that the master says.

import { ClusterState } from "../../core/state/cluster-state.ts";
import type { Batch } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { isPlaced, type Task } from "../../model/task/task.ts";

/** Task versions remembered, by the task: streams may carry what was so a while ago. */
const tasksRemembered = 20_000;

export class Truth {
  readonly state = new ClusterState();
  /** Tasks that were removed by a change in the log. */
  readonly removed = new Set<TaskId>();
  /** Of each task, the texts that a batch ever left it with, as hashes. */
  readonly #versions = new Map<string, Set<number | bigint>>();
  /** Which tasks hold a place on a node: kept apart from the scheduler's own books, which are what is checked. */
  readonly #placed = new Map<NodeId, Set<TaskId>>();
  batches = 0;

  apply(batch: Batch): void {
    const touched = new Set<TaskId>();
    for (const change of batch.changes) {
      if (change.type === "task.removed") this.#forgetPlace(change.taskId);
      this.state.apply(change);
      if (change.type === "task.created") touched.add(change.task.taskId);
      else if (change.type === "task.updated") touched.add(change.taskId);
      else if (change.type === "task.removed") this.removed.add(change.taskId);
    }
    this.state.revision = batch.revision;
    this.batches++;
    for (const taskId of touched) {
      const task = this.state.tasks.get(taskId);
      if (!task) continue;
      this.#place(task);
      this.#remember(task);
    }
  }

  placedOn(nodeId: NodeId): Task[] {
    return [...(this.#placed.get(nodeId) ?? [])].map((taskId) => this.state.task(taskId));
  }

  #place({ taskId, nodeId, status }: Task): void {
    if (nodeId === null) return;
    const placed = this.#placed.get(nodeId) ?? new Set();
    if (isPlaced(status)) this.#placed.set(nodeId, placed.add(taskId));
    else placed.delete(taskId);
  }

  #forgetPlace(taskId: TaskId): void {
    const nodeId = this.state.tasks.get(taskId)?.nodeId;
    if (nodeId) this.#placed.get(nodeId)?.delete(taskId);
  }

  #remember(task: Task): void {
    let versions = this.#versions.get(task.taskId);
    if (!versions) {
      versions = new Set();
      this.#versions.set(task.taskId, versions);
      if (this.#versions.size > tasksRemembered) this.#versions.delete(this.#versions.keys().next().value!);
    }
    versions.add(Bun.hash(JSON.stringify(task)));
  }

  /** Was this task ever exactly so, for certain? */
  was(task: Task): boolean {
    return this.#versions.get(task.taskId)?.has(Bun.hash(JSON.stringify(task))) ?? false;
  }

  /** The task of that id, whatever became of it. */
  knows(taskId: TaskId): boolean {
    return this.state.tasks.has(taskId) || this.removed.has(taskId);
  }
}
