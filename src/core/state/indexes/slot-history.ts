// The finished tasks of each slot of a service that nothing waits for any more, in the order of their ends: retention keeps
// only the newest of each slot.

import type { TaskId } from "../../../model/ids.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { SortedIds } from "./sorted-ids.ts";

export class SlotHistory implements Index<Task> {
  readonly #kept: number;
  readonly #slots = new Map<string, SortedIds<TaskId>>();
  /** Slots that hold more than are kept. */
  readonly #crowded = new Set<string>();

  /** `kept`: finished tasks of a slot that stay. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  get isCrowded(): boolean {
    return this.#crowded.size > 0;
  }

  /** The oldest of each slot that holds too many, ordered by slot. */
  toRemove(): TaskId[] {
    return [...this.#crowded].sort().map((key) => this.#slots.get(key)!.first()!);
  }

  moved(before: Task | null, after: Task | null): void {
    const was = before !== null && isHistory(before);
    const is = after !== null && isHistory(after);
    if (was === is) return; // the time of an end never changes
    const task = (after ?? before)!;
    const key = `${task.owner!.id} ${task.owner!.slot}`;
    const slot = this.#slots.get(key) ?? new SortedIds<TaskId>();
    this.#slots.set(key, slot);
    if (is) slot.add(task.taskId, after.ended!.revision);
    else slot.delete(task.taskId);
    if (slot.size > this.#kept) this.#crowded.add(key);
    else this.#crowded.delete(key);
    if (slot.size === 0) this.#slots.delete(key);
  }
}

/** One that ended and was not replaced still decides what its slot gets. */
function isHistory(task: Task): boolean {
  const { owner, desired, replacedBy } = task;
  return owner?.kind === "service" && hasFinished(task) && (desired !== "running" || replacedBy !== null);
}
