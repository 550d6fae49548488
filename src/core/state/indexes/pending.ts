// Tasks that wait for room, by shape. Tasks of one shape are alike to the scheduler: where the oldest does not fit,
// none does, so a full cluster with ten thousand waiting tasks costs one attempt a shape.

import type { TaskId } from "../../../model/ids.ts";
import type { Reason, ReasonCode } from "../../../model/task/reason.ts";
import { requirementsOf } from "../../../model/task/requirements.ts";
import type { Task } from "../../../model/task/task.ts";
import { schedulingClassKey } from "../../schedule/scheduling-class.ts";
import type { Index } from "../delta.ts";
import { OrderedIds } from "./ordered-ids.ts";

interface Shape {
  /** Oldest first. */
  readonly taskIds: OrderedIds;
  /** The greatest id that was ever in it. */
  newest: TaskId | null;
  /** Those whose record does not say yet why they wait. */
  readonly unexplained: Set<TaskId>;
  /** How many records say each kind of reason: where all say the one that is true, none has to be told. */
  readonly told: Map<ReasonCode, number>;
  /** Why none fitted, and the room it speaks of: only remembered, never decided by. */
  failure: { reason: Reason; roomVersion: number } | null;
}

/** Few, because each is looked at whenever room is gained. */
const emptyShapesKept = 16;

export class PendingTasks implements Index<Task> {
  readonly #shapes = new Map<string, Shape>();
  /** Shapes worth an attempt. */
  readonly #dirty = new Set<string>();
  /** Room was gained since the last look: every shape is worth one. */
  #allDirty = false;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  moved(before: Task | null, after: Task | null): void {
    const was = before?.observed.status === "pending";
    const is = after?.observed.status === "pending";
    if (was && is) {
      if (before.observed.reason !== after.observed.reason) this.update(before, after);
    } else if (was) this.remove(before);
    else if (is) this.add(after);
  }

  add(task: Task): void {
    const key = schedulingClassKey(requirementsOf(task.spec));
    let shape = this.#shapes.get(key);
    if (!shape) {
      shape = { taskIds: new OrderedIds(byId), newest: null, unexplained: new Set(), told: new Map(), failure: null };
      this.#shapes.set(key, shape);
    }
    this.#count++;
    // A new task is the newest; an older one is back because its placement was undone.
    if (shape.newest === null || task.taskId > shape.newest) {
      shape.taskIds.append(task.taskId);
      shape.newest = task.taskId;
    } else {
      shape.taskIds.putBack(task.taskId);
    }
    this.#says(shape, key, task);
  }

  /** Its record says something else now; its shape never changes. */
  update(before: Task, after: Task): void {
    const key = schedulingClassKey(requirementsOf(after.spec));
    const shape = this.#shapes.get(key)!;
    this.#saysNoMore(shape, before);
    this.#says(shape, key, after);
  }

  #says(shape: Shape, key: string, task: Task): void {
    shape.told.set(task.observed.reason.code, (shape.told.get(task.observed.reason.code) ?? 0) + 1);
    if (task.observed.reason.code !== "waiting") return;
    shape.unexplained.add(task.taskId);
    this.#dirty.add(key);
  }

  remove(task: Task): void {
    const key = schedulingClassKey(requirementsOf(task.spec));
    const shape = this.#shapes.get(key);
    if (!shape?.taskIds.delete(task.taskId)) return;
    this.#count--;
    this.#saysNoMore(shape, task);
    if (shape.taskIds.size > 0) return;
    this.#dirty.delete(key);
    // Most tasks are placed in the tick that makes them: their shape is kept for the next of its kind.
    if (this.#shapes.size > emptyShapesKept) this.#shapes.delete(key);
  }

  #saysNoMore(shape: Shape, task: Task): void {
    shape.unexplained.delete(task.taskId);
    const saying = shape.told.get(task.observed.reason.code)! - 1;
    if (saying > 0) shape.told.set(task.observed.reason.code, saying);
    else shape.told.delete(task.observed.reason.code);
  }

  /** A node joined, freed room or was uncordoned: every shape is worth an attempt again. */
  roomGained(): void {
    this.#allDirty = true;
  }

  get hasDirty(): boolean {
    return this.#dirty.size > 0 || (this.#allDirty && this.#count > 0);
  }

  /** The shapes worth an attempt. */
  dirty(): string[] {
    if (this.#allDirty) for (const [key, shape] of this.#shapes) if (shape.taskIds.size > 0) this.#dirty.add(key);
    this.#allDirty = false;
    return [...this.#dirty];
  }

  /** Its oldest was tried and did not fit. */
  settled(key: string): void {
    this.#dirty.delete(key);
  }

  oldest(key: string): TaskId | undefined {
    return this.#shapes.get(key)?.taskIds.first();
  }

  shape(key: string): Shape | undefined {
    return this.#shapes.get(key);
  }
}

/** Ids grow with creation. */
function byId(left: TaskId, right: TaskId): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
