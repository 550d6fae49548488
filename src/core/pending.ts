// Tasks that wait for room, by shape. Tasks of one shape are alike to the scheduler: where the oldest does not fit,
// none does, so a full cluster with ten thousand waiting tasks costs one attempt a shape.

import type { TaskId } from "../model/ids.ts";
import type { Reason, Task } from "../model/task.ts";
import { shapeKey } from "./schedule/shape.ts";

interface Shape {
  /** Oldest first: ids are added in their order. */
  readonly taskIds: Set<TaskId>;
  /** Those whose record does not say yet why they wait. */
  readonly unexplained: Set<TaskId>;
  /** Why none fitted, and the room it speaks of. */
  failure: { reason: Reason; roomVersion: number } | null;
}

/** Few, because each is looked at whenever room is gained. */
const emptyShapesKept = 16;

export class PendingTasks {
  readonly #shapes = new Map<string, Shape>();
  /** Shapes worth an attempt. */
  readonly #dirty = new Set<string>();
  /** Room was gained since the last look: every shape is worth one. */
  #allDirty = false;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(task: Task): void {
    const key = shapeKey(task);
    let shape = this.#shapes.get(key);
    if (!shape) {
      shape = { taskIds: new Set(), unexplained: new Set(), failure: null };
      this.#shapes.set(key, shape);
    }
    if (!shape.taskIds.has(task.taskId)) this.#count++;
    shape.taskIds.add(task.taskId);
    if (task.reason.code === "waiting") {
      shape.unexplained.add(task.taskId);
      this.#dirty.add(key);
    } else {
      shape.unexplained.delete(task.taskId);
    }
  }

  remove(task: Task): void {
    const key = shapeKey(task);
    const shape = this.#shapes.get(key);
    if (!shape?.taskIds.delete(task.taskId)) return;
    this.#count--;
    shape.unexplained.delete(task.taskId);
    if (shape.taskIds.size > 0) return;
    shape.failure = null;
    this.#dirty.delete(key);
    // Most tasks are placed in the tick that makes them: their shape is kept for the next of its kind.
    if (this.#shapes.size > emptyShapesKept) this.#shapes.delete(key);
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
    return this.#shapes.get(key)?.taskIds.values().next().value;
  }

  shape(key: string): Shape | undefined {
    return this.#shapes.get(key);
  }
}
