// Pending tasks by scheduling class, and what is worth an attempt to place them: classes that were never tried, and
// nodes that gained capacity since the others were.
//
// Invariant: if a waiting class fits a node, then the class is untried or the node is in `gained`. Every step that can
// break it adds to one of the two, also when a change is taken back; only placement removes from them, after it has
// found that nothing fits. So what placement decides is a function of the records: attempts cost time, never a decision.

import type { NodeId, TaskId } from "../../../model/ids.ts";
import { type ReasonCode, waitsForDependency } from "../../../model/task/reason.ts";
import { requirementsOfTask } from "../../../model/task/requirements.ts";
import type { Task } from "../../../model/task/task.ts";
import type { VolumeBook } from "../../schedule/index/volume-book.ts";
import { classOf } from "../../schedule/scheduling-class.ts";
import { ClassOrder } from "../../schedule/waiting/class-order.ts";
import { TriedClasses } from "../../schedule/waiting/tried-classes.ts";
import { WaitingClass } from "../../schedule/waiting/waiting-class.ts";
import type { Index } from "../delta.ts";

/** What is worth an attempt, as it was at one moment. */
export interface Attempts {
  readonly gained: readonly NodeId[];
  readonly untried: readonly WaitingClass[];
}

/** Classes without a task that are kept: most tasks are placed in the tick that creates them, and the next are alike. */
const emptyClassesKept = 16;
const nothing: readonly never[] = [];

export class PendingTasks implements Index<Task> {
  readonly #volumes: VolumeBook;
  /** Classes that have tasks, and some that had. */
  readonly #classes = new Map<string, WaitingClass>();
  readonly #classOf = new Map<TaskId, WaitingClass>();
  /** Classes by the codes of reasons that the records of their tasks state. A code stays when no task states it any more. */
  readonly #byReason = new Map<ReasonCode, Set<WaitingClass>>();
  /** Classes that have not been tried on all nodes. */
  readonly untried = new ClassOrder();
  /** The others. */
  readonly tried = new TriedClasses();
  /** Nodes that may have more capacity, or take more kinds of tasks, than when they were last tried. */
  readonly #gained = new Set<NodeId>();
  /** Tasks for which capacity is held: they wait for that, and are in no class. */
  readonly #held = new Set<TaskId>();
  /** Tasks that wait for what they depend on, as their reasons say: no node is looked for, and they are in no class. */
  readonly #gated = new Set<TaskId>();
  /** How many waiting tasks must be near a service, by its name. */
  readonly #waitNear = new Map<string, number>();

  constructor(volumes: VolumeBook) {
    this.#volumes = volumes;
  }

  get count(): number {
    return this.#classOf.size + this.#held.size + this.#gated.size;
  }

  get gained(): ReadonlySet<NodeId> {
    return this.#gained;
  }

  moved(before: Task | null, after: Task | null): void {
    const was = before !== null && before.observed.status === "pending";
    const is = after !== null && after.observed.status === "pending";
    if (!was && !is) return;
    // Where its hold ends as well, that follows.
    if (this.#held.has((after ?? before)!.taskId)) {
      if (is || !this.#held.delete(before!.taskId)) return;
      this.#clearGained();
      return;
    }
    if (was && is) {
      const from = before.observed.reason.code;
      const to = after.observed.reason.code;
      if (from === to) return;
      if (waitsForDependency(before.observed.reason) || waitsForDependency(after.observed.reason)) {
        this.#remove(before);
        this.#add(after);
        return;
      }
      const waiting = this.#classOf.get(after.taskId)!;
      this.#removeReason(waiting, after.taskId, from);
      this.#addReason(waiting, after.taskId, to);
    } else if (was) this.#remove(before);
    else if (is) this.#add(after);
  }

  /** The node joined, was changed, or gave capacity back. */
  nodeGained(nodeId: NodeId): void {
    // While no task waits there is nothing to try again: the class of the next one will be untried.
    if (this.count > 0) this.#gained.add(nodeId);
  }

  /** A named volume changed, so that tasks with it may fit other nodes than before. */
  volumeGained(name: string): void {
    for (const waiting of this.#classes.values()) {
      if (waiting.tried && waiting.requirements.volumes.some((use) => use.name === name)) this.untry(waiting);
    }
  }

  /** Capacity is held for the task from now on: nothing else is looked for. */
  hold(task: Task): void {
    this.#held.add(task.taskId);
    this.#remove(task);
  }

  isHeld(taskId: TaskId): boolean {
    return this.#held.has(taskId);
  }

  /** No capacity is held for it any more. `task`: undefined if it is gone. */
  endHold(taskId: TaskId, task: Task | undefined, nodeId: NodeId): void {
    if (this.#held.delete(taskId) && task?.observed.status === "pending") this.#add(task);
    this.nodeGained(nodeId);
  }

  /** Tried classes with a higher priority. */
  triedAbove(priority: number): WaitingClass[] {
    const found: WaitingClass[] = [];
    for (const waiting of this.#classes.values())
      if (waiting.tried && waiting.schedulingClass.priority > priority) found.push(waiting);
    return found;
  }

  #clearGained(): void {
    if (this.count === 0) this.#gained.clear();
  }

  untry(waiting: WaitingClass): void {
    this.tried.remove(waiting);
    waiting.tried = false;
    this.untried.add(waiting);
  }

  /** A task of the group was placed on the node: those that must be near it may fit there now. */
  neighbourPlaced(group: string, nodeId: NodeId): void {
    if (this.isWaitedFor(group)) this.nodeGained(nodeId);
  }

  isWaitedFor(group: string): boolean {
    return this.#waitNear.has(group);
  }

  nodeRemoved(nodeId: NodeId): void {
    this.#gained.delete(nodeId);
  }

  /** True when something is worth an attempt, or a record states another reason than `code`, that of all that fit no node. */
  hasWork(code: ReasonCode): boolean {
    if (this.count === 0) return false;
    if (this.untried.size > 0 || this.#gained.size > 0) return true;
    for (const [stated, { size }] of this.#byReason) if (stated !== code && size > 0) return true;
    return false;
  }

  /** No waiting class fits the node as it is. */
  nodeExhausted(nodeId: NodeId): void {
    this.#gained.delete(nodeId);
  }

  /** The class fits no node as they are. */
  classTried(waiting: WaitingClass): void {
    this.untried.remove(waiting);
    waiting.tried = true;
    this.tried.add(waiting);
  }

  /** Tried classes with a task whose record states another reason than `code`, the oldest first. */
  statingOtherThan(code: ReasonCode): WaitingClass[] {
    const found = new Set<WaitingClass>();
    for (const [stated, classes] of this.#byReason) {
      if (stated !== code) for (const waiting of classes) if (waiting.tried) found.add(waiting);
    }
    return [...found].sort((left, right) => (left.orderedBy < right.orderedBy ? -1 : 1));
  }

  /** For `restoreAttempts` once later changes have been taken back. */
  attempts(): Attempts {
    return {
      gained: this.#gained.size === 0 ? nothing : [...this.#gained],
      untried: this.untried.size === 0 ? nothing : [...this.untried],
    };
  }

  restoreAttempts({ gained, untried }: Attempts): void {
    this.#gained.clear();
    for (const nodeId of gained) this.#gained.add(nodeId);
    const keys = new Set(untried.map(({ schedulingClass }) => schedulingClass.key));
    for (const waiting of [...this.untried]) if (!keys.has(waiting.schedulingClass.key)) this.classTried(waiting);
    for (const key of keys) {
      const waiting = this.#classes.get(key);
      if (waiting?.tried) this.untry(waiting);
    }
  }

  #add(task: Task): void {
    if (waitsForDependency(task.observed.reason)) {
      this.#gated.add(task.taskId);
      return;
    }
    const schedulingClass = classOf(requirementsOfTask(task));
    let waiting = this.#classes.get(schedulingClass.key);
    if (!waiting) {
      waiting = new WaitingClass(schedulingClass, this.#volumes);
      this.#classes.set(schedulingClass.key, waiting);
    }
    const { taskIds } = waiting;
    this.#classOf.set(task.taskId, waiting);
    this.#countNear(waiting, 1);
    taskIds.add(task.taskId);
    this.#addReason(waiting, task.taskId, task.observed.reason.code);
    if (taskIds.size === 1) this.untried.add(waiting);
    else if (waiting.orderKey !== waiting.orderedBy) this.#reorder(waiting);
  }

  #remove({ taskId, observed }: Task): void {
    if (this.#gated.delete(taskId)) {
      this.#clearGained();
      return;
    }
    const waiting = this.#classOf.get(taskId)!;
    const { taskIds } = waiting;
    this.#classOf.delete(taskId);
    this.#countNear(waiting, -1);
    taskIds.delete(taskId);
    this.#removeReason(waiting, taskId, observed.reason.code);
    if (taskIds.size > 0) {
      if (waiting.orderKey !== waiting.orderedBy) this.#reorder(waiting);
      return;
    }
    if (waiting.tried) this.tried.remove(waiting);
    else this.untried.remove(waiting);
    waiting.tried = false;
    if (this.#classes.size > emptyClassesKept) this.#classes.delete(waiting.schedulingClass.key);
    this.#clearGained();
  }

  #countNear({ requirements }: WaitingClass, by: number): void {
    for (const service of requirements.rules?.near ?? []) {
      const count = (this.#waitNear.get(service) ?? 0) + by;
      if (count === 0) this.#waitNear.delete(service);
      else this.#waitNear.set(service, count);
    }
  }

  #reorder(waiting: WaitingClass): void {
    if (waiting.tried) this.tried.reorder(waiting);
    else this.untried.reorder(waiting);
  }

  #addReason(waiting: WaitingClass, taskId: TaskId, code: ReasonCode): void {
    const taskIds = entryOf(waiting.byReason, code);
    taskIds.add(taskId);
    if (taskIds.size === 1) entryOf(this.#byReason, code).add(waiting);
  }

  #removeReason(waiting: WaitingClass, taskId: TaskId, code: ReasonCode): void {
    const taskIds = waiting.byReason.get(code)!;
    taskIds.delete(taskId);
    if (taskIds.size === 0) this.#byReason.get(code)!.delete(waiting);
  }
}

/** The set under the key, which is added if there is none. */
function entryOf<K, V>(sets: Map<K, Set<V>>, key: K): Set<V> {
  let found = sets.get(key);
  if (!found) {
    found = new Set();
    sets.set(key, found);
  }
  return found;
}
