// Tasks that were placed on a node without a worker and of which nothing was reported since, in the order of their placement;
// and how many of them say so.

import { fromTimestamp } from "../../../lib/clock.ts";
import type { NodeId, TaskId } from "../../../model/ids.ts";
import { hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import type { ReasonCode } from "../../../model/task/reason.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { SortedIds } from "./sorted-ids.ts";

/** Of more tasks than twice as many, the newest are left out: load tests have many thousands, and a task must stay small. */
const keptAtLeast = 1000;

export class TasksWithoutWorker implements Index<Task> {
  /** The oldest of the tasks, by the time of the placement in ms since the epoch. */
  readonly #oldest = new SortedIds<TaskId>();
  /** Tasks that were placed at this time or later are left out until the others have gone. Null if none is. */
  #leftOutFrom: number | null = null;
  /** The nodes without a worker. */
  readonly #nodes = new Set<NodeId>();
  readonly #placedOn: (nodeId: NodeId) => Iterable<Task>;
  #stated = 0;

  /** `placedOn`: gives the tasks that are placed on a node. */
  constructor(placedOn: (nodeId: NodeId) => Iterable<Task>) {
    this.#placedOn = placedOn;
  }

  /** How many tasks say that they were never started. */
  get stated(): number {
    return this.#stated;
  }

  /** The oldest of the tasks that do not say so yet, in order. */
  oldest(): IterableIterator<TaskId> {
    if (this.#oldest.size === 0 && this.#leftOutFrom !== null) this.#refill();
    return this.#oldest.values();
  }

  moved(before: Task | null, after: Task | null): void {
    const was = before && codeOf(before);
    const is = after && codeOf(after);
    if (was === is) return;
    if (was === "placed") this.#oldest.delete(before!.taskId);
    else if (was === "never-started") this.#stated--;
    if (is === "placed") this.#add(after!);
    else if (is === "never-started") this.#stated++;
  }

  nodeMoved(before: NodeRecord | null, after: NodeRecord | null): void {
    const was = before !== null && !hasWorker(before);
    const is = after !== null && !hasWorker(after);
    if (was === is) return;
    const { nodeId } = (after ?? before)!;
    if (is) this.#nodes.add(nodeId);
    else this.#nodes.delete(nodeId);
    for (const task of this.#placedOn(nodeId)) {
      if (codeOf(task) !== "placed") continue;
      if (is) this.#add(task);
      else this.#oldest.delete(task.taskId);
    }
  }

  #add({ taskId, placement }: Task): void {
    const { nodeId, at } = placement!;
    if (!this.#nodes.has(nodeId)) return;
    const placedAt = fromTimestamp(at);
    if (this.#leftOutFrom !== null && placedAt >= this.#leftOutFrom) return;
    this.#oldest.add(taskId, placedAt);
    if (this.#oldest.size >= 2 * keptAtLeast) this.#leftOutFrom = this.#oldest.cut(keptAtLeast);
  }

  #refill(): void {
    this.#leftOutFrom = null;
    for (const nodeId of this.#nodes)
      for (const task of this.#placedOn(nodeId)) if (codeOf(task) === "placed") this.#add(task);
  }
}

/** The code of the reason of a task that has a node and has not started; null for every other task. */
function codeOf({ observed }: Task): ReasonCode | null {
  return observed.status === "scheduled" ? observed.reason.code : null;
}
