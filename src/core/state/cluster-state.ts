// The cluster as it is: tables of immutable records and the indexes that decisions need. It changes only through
// apply(), which the tick, start-up, history and simulation share, and each apply can be undone.

import { assert, unreachable } from "../../lib/assert.ts";
import type { Change } from "../../model/change.ts";
import type { Cluster } from "../../model/cluster.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { type NodeRecord, nodeDefaults } from "../../model/node/node.ts";
import { isFinished, isPlaced, type Task, type TaskStatus, taskStatuses, unpackTask } from "../../model/task/task.ts";
import { isTransition } from "../../model/task/transitions.ts";
import { ScheduleIndex } from "../schedule/index/schedule-index.ts";
import { OrderedIds } from "./indexes/ordered-ids.ts";
import { PendingTasks } from "./indexes/pending.ts";
import { TaskOrder } from "./indexes/task-order.ts";
import { Sharing } from "./sharing.ts";

/** Takes back one apply. Undos run in reverse order, newest first. */
export type Undo = () => void;

export interface Idempotency {
  key: string;
  fingerprint: string;
}

const none: ReadonlySet<TaskId> = new Set();

export class ClusterState {
  /** Of the last batch applied. */
  revision = 0;
  cluster: Cluster = { clusterId: "", epoch: 0, strategy: "round-robin" };
  /** Where round-robin stands. */
  lastNodeId: NodeId | null = null;
  /** The newest id ever given, also when its task is gone: ids never repeat. */
  lastTaskId: TaskId | null = null;

  readonly tasks = new Map<TaskId, Task>();
  readonly nodes = new Map<NodeId, NodeRecord>();

  // ---- derived from the tables
  readonly order = new TaskOrder();
  readonly schedule = new ScheduleIndex();
  readonly pending = new PendingTasks();
  /** In the order in which their ends became known: what workers' clocks say of it is no order. */
  readonly finished = new OrderedIds((left, right) => this.#compareEnds(left, right));
  readonly counts: Record<TaskStatus, number> = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<
    TaskStatus,
    number
  >;
  /** Grows whenever room is taken or given: a verdict of another version may be stale. */
  roomVersion = 0;
  /** Grows with each end: what order a removal that is undone goes back to. */
  #nextEnd = 0;
  readonly #ends = new Map<TaskId, number>();
  readonly #sharing = new Sharing();
  readonly #placed = new Map<NodeId, Set<TaskId>>();
  /** Most names have one task: a set for each would cost more than the task. */
  readonly #byName = new Map<string, TaskId | Set<TaskId>>();
  readonly #byKey = new Map<string, Idempotency & { taskId: TaskId }>();
  readonly #keys = new Map<TaskId, Idempotency>();

  /** Tasks that hold a place on a node. */
  placedOn(nodeId: NodeId): ReadonlySet<TaskId> {
    return this.#placed.get(nodeId) ?? none;
  }

  named(name: string): ReadonlySet<TaskId> {
    const named = this.#byName.get(name);
    return typeof named === "string" ? new Set([named]) : (named ?? none);
  }

  /** The task that was created with this Idempotency-Key. */
  withKey(key: string): (Idempotency & { taskId: TaskId }) | undefined {
    return this.#byKey.get(key);
  }

  keyOf(taskId: TaskId): Idempotency | undefined {
    return this.#keys.get(taskId);
  }

  task(taskId: TaskId): Task {
    const task = this.tasks.get(taskId);
    assert(task, `task ${taskId} is not in the state`);
    return task;
  }

  node(nodeId: NodeId): NodeRecord {
    const node = this.nodes.get(nodeId);
    assert(node, `node ${nodeId} is not in the state`);
    return node;
  }

  apply(change: Change): Undo {
    switch (change.type) {
      case "task.created":
        return this.#createTask(this.#sharing.within(unpackTask(change.task)), change.idempotency);
      case "task.updated":
        return this.#updateTask(change.taskId, change.set);
      case "task.removed":
        return this.#removeTask(change.taskId);
      case "node.registered":
        // A log of before lacks fields that came later.
        return this.#putNode(change.node.nodeId, { ...nodeDefaults, ...change.node });
      case "node.updated":
        return this.#putNode(change.nodeId, { ...this.node(change.nodeId), ...change.set });
      case "node.removed":
        return this.#putNode(change.nodeId, null);
      case "cluster.updated": {
        const before = this.cluster;
        this.cluster = { ...before, ...change.set };
        return () => {
          this.cluster = before;
        };
      }
      default:
        return unreachable(change);
    }
  }

  #createTask(task: Task, idempotency: Idempotency | undefined): Undo {
    assert(!this.tasks.has(task.taskId), `task ${task.taskId} exists already`);
    const lastTaskId = this.lastTaskId;
    if (lastTaskId === null || task.taskId > lastTaskId) this.lastTaskId = task.taskId;
    this.#insertTask(task, idempotency);
    return () => {
      this.#deleteTask(task);
      this.lastTaskId = lastTaskId;
    };
  }

  #updateTask(taskId: TaskId, set: Partial<Task>): Undo {
    const before = this.task(taskId);
    const after: Task = this.#sharing.within({ ...before, ...set });
    if (after.status !== before.status) {
      assert(
        isTransition(before.status, after.status),
        `task ${taskId} cannot go from ${before.status} to ${after.status}`,
      );
    }
    const lastNodeId = this.lastNodeId;
    this.tasks.set(taskId, after);
    this.#reindex(before, after);
    if (before.status === "pending" && after.status === "scheduled") this.lastNodeId = after.nodeId;
    return () => {
      this.tasks.set(taskId, before);
      this.#reindex(after, before);
      this.lastNodeId = lastNodeId;
    };
  }

  #removeTask(taskId: TaskId): Undo {
    const task = this.task(taskId);
    const idempotency = this.#keys.get(taskId);
    const end = this.#ends.get(taskId);
    this.#deleteTask(task);
    return () => {
      this.#insertTask(task, idempotency);
      if (end === undefined) return;
      this.#ends.set(taskId, end);
      this.finished.putBack(taskId);
    };
  }

  #insertTask(task: Task, idempotency: Idempotency | undefined): void {
    const { taskId, name } = task;
    this.tasks.set(taskId, task);
    this.order.add(taskId);
    const named = this.#byName.get(name);
    if (named === undefined) this.#byName.set(name, taskId);
    else if (typeof named === "string") this.#byName.set(name, new Set([named, taskId]));
    else named.add(taskId);
    if (idempotency) {
      this.#keys.set(taskId, idempotency);
      this.#byKey.set(idempotency.key, { ...idempotency, taskId });
    }
    this.#enter(task);
  }

  #deleteTask(task: Task): void {
    const { taskId, name } = task;
    this.#leave(task);
    this.tasks.delete(taskId);
    this.order.remove(taskId);
    const named = this.#byName.get(name);
    if (typeof named === "object") named.delete(taskId);
    if (named === taskId || (typeof named === "object" && named.size === 0)) this.#byName.delete(name);
    const idempotency = this.#keys.get(taskId);
    if (idempotency) {
      this.#keys.delete(taskId);
      this.#byKey.delete(idempotency.key);
    }
  }

  #compareEnds(left: TaskId, right: TaskId): number {
    return this.#ends.get(left)! - this.#ends.get(right)!;
  }

  /** As a snapshot has it: all finished tasks, in their order. */
  orderFinished(taskIds: readonly TaskId[]): void {
    for (const taskId of taskIds) {
      this.finished.delete(taskId);
      this.#end(taskId);
    }
  }

  #end(taskId: TaskId): void {
    this.#ends.set(taskId, this.#nextEnd++);
    this.finished.append(taskId);
  }

  #reindex(before: Task, after: Task): void {
    // Progress reports change neither the status nor the place: nothing is indexed by what they change.
    if (before.status === after.status && before.nodeId === after.nodeId && before.status !== "pending") return;
    if (before.status === "pending" && after.status === "pending") {
      this.pending.update(before, after);
      return;
    }
    this.#leave(before);
    this.#enter(after);
  }

  #enter(task: Task): void {
    this.counts[task.status]++;
    if (task.status === "pending") this.pending.add(task);
    else if (isFinished(task.status)) this.#end(task.taskId);
    else if (isPlaced(task.status)) {
      const nodeId = task.nodeId!;
      let placed = this.#placed.get(nodeId);
      if (!placed) {
        placed = new Set();
        this.#placed.set(nodeId, placed);
      }
      placed.add(task.taskId);
      this.schedule.place(nodeId, task);
      this.roomVersion++;
    }
  }

  #leave(task: Task): void {
    this.counts[task.status]--;
    if (task.status === "pending") this.pending.remove(task);
    else if (isFinished(task.status)) {
      this.finished.delete(task.taskId);
      this.#ends.delete(task.taskId);
    } else if (isPlaced(task.status)) {
      const nodeId = task.nodeId!;
      this.#placed.get(nodeId)?.delete(task.taskId);
      this.schedule.release(nodeId, task);
      this.#roomGained();
    }
  }

  #putNode(nodeId: NodeId, after: NodeRecord | null): Undo {
    const before = this.nodes.get(nodeId) ?? null;
    const following = after || !before ? [] : this.#nodesAfter(nodeId);
    if (after) {
      this.nodes.set(nodeId, after);
      this.schedule.upsertNode(after);
    } else {
      assert(this.placedOn(nodeId).size === 0, `node ${nodeId} is removed while tasks are placed on it`);
      this.nodes.delete(nodeId);
      this.schedule.removeNode(nodeId);
      this.#placed.delete(nodeId);
    }
    this.#roomGained();
    return () => {
      this.#putNode(nodeId, before);
      // Back in its place among those that registered later, too.
      for (const later of following) {
        const record = this.nodes.get(later);
        if (record && this.nodes.delete(later)) this.nodes.set(later, record);
      }
    };
  }

  #nodesAfter(nodeId: NodeId): NodeId[] {
    const all = [...this.nodes.keys()];
    return all.slice(all.indexOf(nodeId) + 1);
  }

  #roomGained(): void {
    this.roomVersion++;
    this.pending.roomGained();
  }
}
