// Which tasks take capacity of which node, kept in step with the scheduler's own books.

import type { NodeId, TaskId } from "../../../model/ids.ts";
import { requirementsOfTask } from "../../../model/task/requirements.ts";
import { holdingNode, type Task } from "../../../model/task/task.ts";
import type { ScheduleIndex } from "../../schedule/index/schedule-index.ts";
import type { Index } from "../delta.ts";

const none: ReadonlySet<TaskId> = new Set();

export class PlacedTasks implements Index<Task> {
  readonly #byNode = new Map<NodeId, Set<TaskId>>();
  readonly #schedule: ScheduleIndex;
  readonly #onReleased: (nodeId: NodeId) => void;
  readonly #onPlaced: (group: string, nodeId: NodeId) => void;

  /** `onReleased`: a task gave up its capacity on a node. `onPlaced`: one that is counted with others took some. */
  constructor(
    schedule: ScheduleIndex,
    onReleased: (nodeId: NodeId) => void,
    onPlaced: (group: string, nodeId: NodeId) => void,
  ) {
    this.#schedule = schedule;
    this.#onReleased = onReleased;
    this.#onPlaced = onPlaced;
  }

  /** In no order: sort it where the order has an effect. */
  on(nodeId: NodeId): ReadonlySet<TaskId> {
    return this.#byNode.get(nodeId) ?? none;
  }

  moved(before: Task | null, after: Task | null): void {
    const from = before && holdingNode(before);
    const to = after && holdingNode(after);
    if (from === to) return;
    if (from !== null) {
      const placed = this.#byNode.get(from);
      placed?.delete(before!.taskId);
      if (placed?.size === 0) this.#byNode.delete(from);
      this.#schedule.release(from, requirementsOfTask(before!));
      this.#onReleased(from);
    }
    if (to !== null) {
      let placed = this.#byNode.get(to);
      if (!placed) {
        placed = new Set();
        this.#byNode.set(to, placed);
      }
      placed.add(after!.taskId);
      const requirements = requirementsOfTask(after!);
      this.#schedule.place(to, requirements);
      if (requirements.group !== null) this.#onPlaced(requirements.group, to);
    }
  }
}
