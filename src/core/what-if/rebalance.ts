// Which replicas of services would lie better on another node, by the strategy of the cluster: one move after the other on a
// fork, each for the node that is best for it then. What has its data on its node stays there.

import type { Strategy } from "../../model/cluster/cluster.ts";
import type { NodeId, ServiceId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { localDataOf } from "../../model/task/local-data.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import type { Task } from "../../model/task/task.ts";
import { isMovable } from "../reconcile/departures.ts";
import type { NodeInfo } from "../schedule/index/node-info.ts";
import { binpackScore, spreadScore } from "../schedule/score.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Tick } from "../tick.ts";
import { fork } from "./fork.ts";

export interface Move {
  taskId: TaskId;
  /** "web.3" */
  name: string;
  from: NodeId;
  to: NodeId;
  /** With numbers: "n1 has 8 of 100 tasks, n3 has 2". */
  why: string;
}

export interface Rebalance {
  /** In the order in which they are made. */
  moves: Move[];
  /** Replicas that stay on a full node because their data lies there: "web.1 (volume data)". */
  kept: string[];
}

/** Differences of scores below this are rounding, or a tie that the scheduler breaks by cpu and memory. */
const leastGain = 1e-3;

/** `includeData`: also replicas with data on their node. */
export function planRebalance(state: ClusterState, includeData = false): Rebalance {
  const plan = new Planner(fork(state), includeData);
  return plan.plan();
}

class Planner {
  readonly #state: ClusterState;
  readonly #includeData: boolean;
  readonly #moves: Move[] = [];
  readonly #kept = new Set<string>();
  readonly #moved = new Set<TaskId>();
  /** By node, without those that have been moved. */
  readonly #movable: Map<NodeId, Task[]>;

  constructor(state: ClusterState, includeData: boolean) {
    this.#state = state;
    this.#includeData = includeData;
    const tasks = [...state.tasks.values()].filter((task) => isMovable(state, task));
    this.#movable = Map.groupBy(tasks, ({ placement }) => placement!.nodeId);
  }

  plan(): Rebalance {
    while (this.#moves.length < limits.rebalanceMoves) {
      const move = this.#next();
      if (move === null) break;
      this.#moves.push(move);
    }
    return { moves: this.#moves, kept: [...this.#kept].sort() };
  }

  /** The next move, from the worst node that one helps. */
  #next(): Move | null {
    const { schedule } = this.#state;
    const nodes = [...this.#movable.keys()].map((nodeId) => schedule.nodeInfo(nodeId));
    nodes.sort(
      (left, right) => this.#score(left) - this.#score(right) || (left.record.nodeId < right.record.nodeId ? -1 : 1),
    );
    for (const { record } of nodes) {
      for (const task of this.#candidates(record.nodeId)) {
        const move = this.#tryMove(task, record.nodeId);
        if (move !== null) return move;
      }
    }
    return null;
  }

  /** One of each service, the one with most replicas on the node first: the others of it would fare the same. */
  #candidates(nodeId: NodeId): Task[] {
    const left = this.#movable.get(nodeId)!.filter(({ taskId }) => !this.#moved.has(taskId));
    const byService = [...Map.groupBy(left, ({ owner }) => owner!.id as ServiceId)];
    byService.sort(([leftId, some], [rightId, others]) => others.length - some.length || (leftId < rightId ? -1 : 1));
    return byService.flatMap(([, tasks]) => {
      const [first] = tasks.sort((one, other) => (one.taskId < other.taskId ? 1 : -1));
      return first ? [first] : [];
    });
  }

  /** Moves the task on the fork. Null, and nothing is changed, if no other node is better by more than the task itself. */
  #tryMove(task: Task, from: NodeId): Move | null {
    const { schedule, cluster } = this.#state;
    const requirements = requirementsOfTask(task);
    const source = schedule.nodeInfo(from);
    const before = this.#score(source);
    const sourceTasks = source.tasks;
    schedule.release(from, requirements);
    const strategy: Strategy = cluster.strategy === "binpack" ? "binpack" : "spread";
    const to = schedule.choose(requirements, strategy, null);
    if (to !== null && to !== from) {
      const target = schedule.nodeInfo(to);
      const targetTasks = target.tasks;
      schedule.place(to, requirements);
      if (this.#score(schedule.nodeInfo(to)) > before + leastGain && this.#mayLeave(task)) {
        this.#moved.add(task.taskId);
        const has = ({ record }: NodeInfo, tasks: number) =>
          `${record.hostname} has ${tasks} of ${record.capacity} tasks`;
        const why = `${has(source, sourceTasks)}, ${has(target, targetTasks)}`;
        return { taskId: task.taskId, name: task.name, from, to, why };
      }
      schedule.release(to, requirements);
    }
    schedule.place(from, requirements);
    return null;
  }

  #mayLeave(task: Task): boolean {
    const data = localDataOf(task.spec);
    if (data.length === 0 || this.#includeData) return true;
    this.#kept.add(`${task.name} (${data.join(", ")})`);
    return false;
  }

  #score(node: NodeInfo): number {
    return this.#state.cluster.strategy === "binpack" ? binpackScore(node) : spreadScore(node);
  }
}

/** True when the tick that moves the task has started a replica on the node. */
export function hasStarted(
  state: ClusterState,
  { deltas }: Tick,
  { taskId, to }: Pick<Move, "taskId" | "to">,
): boolean {
  const isNew = ({ kind, before, after }: Tick["deltas"][number]) =>
    kind === "task" && before === null && after?.placement?.nodeId === to;
  return state.task(taskId).requests?.moveTo === to && deltas.some(isNew);
}
