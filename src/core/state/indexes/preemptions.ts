// Tasks that are being stopped to free capacity for others, and the capacity that is held meanwhile. A task for which others are
// stopped waits for that one node: what they free and its named volumes are kept for it until the last of them has left.

import type { NodeId, TaskId } from "../../../model/ids.ts";
import { type Requirements, requirementsOfTask } from "../../../model/task/requirements.ts";
import { holdingNode, type Task } from "../../../model/task/task.ts";
import { type Demand, demandOf } from "../../schedule/index/node-info.ts";
import type { ScheduleIndex } from "../../schedule/index/schedule-index.ts";
import type { Index } from "../delta.ts";

interface Hold {
  nodeId: NodeId;
  requirements: Requirements;
  /** What it needs beyond what the others still take. */
  demand: Demand;
}

export class Preemptions implements Index<Task> {
  readonly #schedule: ScheduleIndex;
  readonly #taskOf: (taskId: TaskId) => Task | undefined;
  readonly #onHeld: (task: Task) => void;
  readonly #onEnded: (taskId: TaskId, nodeId: NodeId) => void;
  /** Tasks that take capacity and are being stopped, by the task that gets their capacity. */
  readonly #leaving = new Map<TaskId, Map<TaskId, Task>>();
  readonly #holds = new Map<TaskId, Hold>();

  /** `onHeld`: capacity is held for a task from now on. `onEnded`: it is no longer. */
  constructor(
    schedule: ScheduleIndex,
    taskOf: (taskId: TaskId) => Task | undefined,
    on: { held: (task: Task) => void; ended: (taskId: TaskId, nodeId: NodeId) => void },
  ) {
    this.#schedule = schedule;
    this.#taskOf = taskOf;
    this.#onHeld = on.held;
    this.#onEnded = on.ended;
  }

  moved(before: Task | null, after: Task | null): void {
    const was = leavingFor(before);
    const is = leavingFor(after);
    if (was) this.#remove(was, before!);
    if (is) this.#add(is, after!);
    if (was) this.#refresh(was);
    if (is && is !== was) this.#refresh(is);
    if (this.#leaving.size === 0 && this.#holds.size === 0) return;
    if (before?.observed.status !== after?.observed.status) this.#refresh((after ?? before)!.taskId);
  }

  #add(by: TaskId, task: Task): void {
    const leaving = this.#leaving.get(by);
    if (leaving) leaving.set(task.taskId, task);
    else this.#leaving.set(by, new Map([[task.taskId, task]]));
  }

  #remove(by: TaskId, { taskId }: Task): void {
    const leaving = this.#leaving.get(by);
    leaving?.delete(taskId);
    if (leaving?.size === 0) this.#leaving.delete(by);
  }

  #refresh(taskId: TaskId): void {
    const before = this.#holds.get(taskId);
    const leaving = this.#leaving.get(taskId);
    const task = leaving && this.#taskOf(taskId);
    const isWaiting = task !== undefined && task.observed.status === "pending";
    if (before) {
      this.#holds.delete(taskId);
      this.#schedule.hold("end", before.nodeId, before.requirements, before.demand);
    }
    if (!isWaiting) {
      if (before === undefined) return;
      this.#schedule.volumes.endHold(taskId, before.requirements.volumes);
      this.#onEnded(taskId, before.nodeId);
      return;
    }
    const hold = holdFor(task, [...leaving!.values()]);
    this.#holds.set(taskId, hold);
    this.#schedule.hold("begin", hold.nodeId, hold.requirements, hold.demand);
    if (before !== undefined) return;
    this.#schedule.volumes.hold(task, hold.requirements.volumes, hold.nodeId);
    this.#onHeld(task);
  }
}

/** The task that gets the capacity of this one, which is being stopped for it. Null for nearly every task. */
function leavingFor(task: Task | null): TaskId | null {
  const preempted = task?.requests?.preempted;
  return preempted && holdingNode(task!) !== null ? (preempted.by as TaskId) : null;
}

function holdFor(task: Task, leaving: readonly Task[]): Hold {
  const requirements = requirementsOfTask(task);
  const wanted = demandOf(requirements);
  const freed = leaving.map((each) => demandOf(requirementsOfTask(each)));
  const missing = (of: (demand: Demand) => number) =>
    Math.max(0, of(wanted) - freed.reduce((sum, demand) => sum + of(demand), 0));
  const demand = {
    cpuMillis: missing(({ cpuMillis }) => cpuMillis),
    memoryBytes: missing(({ memoryBytes }) => memoryBytes),
    ports: wanted.ports,
  };
  return { nodeId: holdingNode(leaving[0]!)!, requirements, demand };
}
