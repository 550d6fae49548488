// Tasks that were placed on a node without a worker and of which nothing was reported since, in the order of their placement;
// and how many of them say so.

import { fromTimestamp } from "../../../lib/clock.ts";
import type { NodeId, TaskId } from "../../../model/ids.ts";
import { hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import type { ReasonCode } from "../../../model/task/reason.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { SortedIds } from "./sorted-ids.ts";

export class TasksWithoutWorker implements Index<Task> {
  /** Ordered by the time of the placement, in ms since the epoch. */
  readonly inOrder = new SortedIds<TaskId>();
  /** The nodes without a worker. */
  readonly #nodes = new Set<NodeId>();
  #stated = 0;

  /** How many tasks say that they were never started. */
  get stated(): number {
    return this.#stated;
  }

  moved(before: Task | null, after: Task | null): void {
    const was = before && codeOf(before);
    const is = after && codeOf(after);
    if (was === is) return;
    if (was === "placed") this.inOrder.delete(before!.taskId);
    else if (was === "never-started") this.#stated--;
    if (is === "placed") this.#add(after!);
    else if (is === "never-started") this.#stated++;
  }

  /** `placed`: gives the tasks that are placed on the node. */
  nodeMoved(before: NodeRecord | null, after: NodeRecord | null, placed: () => Iterable<Task>): void {
    const was = before !== null && !hasWorker(before);
    const is = after !== null && !hasWorker(after);
    if (was === is) return;
    const { nodeId } = (after ?? before)!;
    if (is) this.#nodes.add(nodeId);
    else this.#nodes.delete(nodeId);
    for (const task of placed()) {
      if (codeOf(task) !== "placed") continue;
      if (is) this.#add(task);
      else this.inOrder.delete(task.taskId);
    }
  }

  #add({ taskId, placement }: Task): void {
    const { nodeId, at } = placement!;
    if (this.#nodes.has(nodeId)) this.inOrder.add(taskId, fromTimestamp(at));
  }
}

/** The code of the reason of a task that has a node and has not started; null for every other task. */
function codeOf({ observed }: Task): ReasonCode | null {
  return observed.status === "scheduled" ? observed.reason.code : null;
}
