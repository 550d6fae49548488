// Capacity for a task that fits no node, in the place of tasks with a lower priority: which node, and which tasks leave it. They
// are stopped like any others, and the capacity is held until they are gone.

import type { Change } from "../../model/change.ts";
import type { ServiceId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import { noRequests, type PackedTaskUpdate, type Task } from "../../model/task/task.ts";
import { stopForDrain } from "../commands/task-requests.ts";
import { type Demand, demandOf, eligible, type NodeInfo } from "../schedule/index/node-info.ts";
import type { WaitingClass } from "../schedule/waiting/waiting-class.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext } from "./reconciler.ts";
import { isAvailable, Replica } from "./service/replica.ts";
import { retireChange } from "./service/retire.ts";

type PreemptionContext = Pick<ReconcileContext, "now" | "revision">;

/** The changes that stop tasks for the oldest one of the class, and say so in its record; null if no node could have capacity. */
export function preempt(state: ClusterState, waiting: WaitingClass, context: PreemptionContext): Change[] | null {
  if (waiting.schedulingClass.priority <= state.schedule.priorities.lowest) return null;
  const task = state.task(waiting.taskIds.first!);
  const chosen = chooseNode(state, waiting, task);
  if (chosen === null) return null;
  const { hostname } = chosen.node.record;
  const stops = chosen.leaving.map((each) => stopFor(state, each, task, context));
  const names = chosen.leaving.map((each) => `${each.name} (priority ${requirementsOfTask(each).priority})`);
  const shown =
    names.length <= namesShown ? names : [...names.slice(0, namesShown), `${names.length - namesShown} more`];
  const left = names.length === 1 ? "it has left" : "they have left";
  const message = `no node has capacity; stops ${shown.join(", ")} on ${hostname}, and waits until ${left}`;
  const reason = { code: "preempting" as const, message };
  return [...stops, { type: "task.updated", id: task.taskId, set: { observed: { reason } } }];
}

const namesShown = 3;

/** Makes those tried again that could have capacity on a node that has gained some, if others left it. */
export function retryPreemptions({ pending, schedule }: ClusterState): void {
  if (pending.gained.size === 0) return;
  const { lowest } = schedule.priorities;
  const candidates = pending.triedAbove(lowest);
  if (candidates.length === 0) return;
  const nodes = [...pending.gained].map((nodeId) => schedule.nodeInfo(nodeId));
  for (const waiting of candidates) if (nodes.some((node) => couldHaveCapacity(node, waiting))) pending.untry(waiting);
}

/** True when all tasks with a lower priority would leave enough. */
function couldHaveCapacity(node: NodeInfo, { schedulingClass: { demand, priority } }: WaitingClass): boolean {
  if (!node.isOpen) return false;
  const below = node.takenBelow(priority);
  return below.tasks > 0 && node.freeTasks + below.tasks > 0 && fits(node, demand, below.cpuMillis, below.memoryBytes);
}

function fits({ cpuLeft, memoryLeft }: NodeInfo, demand: Demand, cpuMillis: number, memoryBytes: number): boolean {
  return (
    Math.max(0, cpuLeft + cpuMillis) >= demand.cpuMillis && Math.max(0, memoryLeft + memoryBytes) >= demand.memoryBytes
  );
}

/** A node that has capacity for the task when these have left. */
interface MadeCapacity {
  node: NodeInfo;
  leaving: Task[];
  /** Compared one after the other; less is better. */
  cost: readonly number[];
}

/**
 * The node on which the least is lost: a steady one; the lowest priority among those that leave; no service below its floor; the
 * fewest tasks. Of many nodes the first ones that could have capacity are compared, those with the lowest priorities first.
 */
function chooseNode(state: ClusterState, waiting: WaitingClass, task: Task): MadeCapacity | null {
  const { schedulingClass } = waiting;
  const floors = new Floors(state);
  const rows = state.schedule.nodes
    .filter((node) => couldHaveCapacity(node, waiting) && eligible(schedulingClass, node))
    .filter((node) => waiting.allowsVolumes(node) && schedulingClass.keepsRulesOn(node))
    .map((node) => ({ node, least: leastCost(node, waiting) }))
    .sort((left, right) => left.least[0] - right.least[0] || left.least[1] - right.least[1]);
  let best: MadeCapacity | null = null;
  let compared = 0;
  for (const { node, least } of rows) {
    // The rows are in the order of their least costs: no later one can be better.
    if (best !== null && !isLess(least, best.cost)) break;
    const made = capacityOn(state, node, waiting, { task, floors });
    if (made === null) continue;
    if (best === null || isLess(made.cost, best.cost)) best = made;
    if (++compared === limits.preemptionNodes) break;
  }
  return best;
}

/** What the node costs if one task of the lowest level leaves, and no service needs it. */
function leastCost(node: NodeInfo, waiting: WaitingClass): [damped: number, level: number, ...number[]] {
  const level = lowestLevel(node, waiting);
  return [Number(node.damped), level, 0, 1, level];
}

/** The priority up to which tasks have to leave at least. */
function lowestLevel(node: NodeInfo, { schedulingClass: { demand, priority } }: WaitingClass): number {
  for (const level of [...node.prioritiesBelow(priority)].sort((left, right) => left - right)) {
    const below = node.takenBelow(level + 1);
    if (fits(node, demand, below.cpuMillis, below.memoryBytes)) return level;
  }
  return priority;
}

function isLess(left: readonly number[], right: readonly number[]): boolean {
  const at = left.findIndex((each, index) => each !== right[index]);
  return at >= 0 && left[at]! < right[at]!;
}

/** Which tasks would leave: none of them could stay. Null if the node would not have capacity without all of them. */
function capacityOn(
  state: ClusterState,
  node: NodeInfo,
  { schedulingClass: { priority, demand } }: WaitingClass,
  search: Search,
): MadeCapacity | null {
  const candidates = candidatesOn(state, node, priority, search);
  if (candidates.length === 0) return null;
  const trial = node.copy(node.record, false);
  for (const one of candidates) trial.release(one.demand, one.priority);
  if (!trial.hasCapacityFor(demand)) return null;
  const leaving: Candidate[] = [];
  for (const one of candidates.sort(byWorth)) {
    trial.reserve(one.demand, one.priority);
    if (trial.hasCapacityFor(demand)) continue;
    trial.release(one.demand, one.priority);
    leaving.push(one);
  }
  // It fits as the node is: no one has to leave.
  if (leaving.length === 0) return null;
  const highest = Math.max(...leaving.map((one) => one.priority));
  const needed = leaving.filter((one) => one.isNeededForFloor).length;
  const total = leaving.reduce((sum, one) => sum + one.priority, 0);
  const tasks = leaving.map(({ task }) => task).sort((left, right) => (left.taskId < right.taskId ? -1 : 1));
  return { node, leaving: tasks, cost: [Number(node.damped), highest, needed, leaving.length, total] };
}

interface Candidate {
  task: Task;
  priority: number;
  demand: Demand;
  /** True for a replica that serves, of a service that has no more than it must have. */
  isNeededForFloor: boolean;
}

/** Of one call of `chooseNode`. */
interface Search {
  /** The one that needs capacity. */
  task: Task;
  floors: Floors;
}

/** Not those of the same service or job: a rollout that raises the priority must not stop its own replicas. */
function candidatesOn(
  state: ClusterState,
  node: NodeInfo,
  below: number,
  { task: other, floors }: Search,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const taskId of state.placedOn(node.record.nodeId)) {
    const task = state.task(taskId);
    const requirements = requirementsOfTask(task);
    const { priority } = requirements;
    if (priority >= below || task.desired !== "running" || haveOneOwner(task, other)) continue;
    candidates.push({ task, priority, demand: demandOf(requirements), isNeededForFloor: floors.need(task) });
  }
  return candidates;
}

function haveOneOwner({ owner }: Task, other: Task): boolean {
  return owner !== null && owner.id === other.owner?.id && owner.kind === other.owner.kind;
}

/** Which services have no more replicas that serve than they must have. One search counts those of each service once. */
class Floors {
  readonly #state: ClusterState;
  readonly #atFloor = new Map<string, boolean>();

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** True when the service of the task would be below its floor without it. */
  need(task: Task): boolean {
    if (task.owner?.kind !== "service" || !isAvailable(task)) return false;
    const { id } = task.owner;
    let known = this.#atFloor.get(id);
    if (known === undefined) {
      known = this.#isAtFloor(id as ServiceId);
      this.#atFloor.set(id, known);
    }
    return known;
  }

  #isAtFloor(serviceId: ServiceId): boolean {
    const { tables, serviceTasks } = this.#state;
    const service = tables.service.get(serviceId);
    if (service?.mode.type !== "replicated") return true;
    let serving = 0;
    for (const taskId of serviceTasks.of(serviceId)) if (isAvailable(this.#state.task(taskId))) serving++;
    return serving <= service.mode.replicas - (service.policy.maxUnavailable ?? 0);
  }
}

/** What stays if it can comes first: high priorities, replicas that a floor needs, then small tasks, so that few leave. */
function byWorth(left: Candidate, right: Candidate): number {
  return (
    right.priority - left.priority ||
    Number(right.isNeededForFloor) - Number(left.isNeededForFloor) ||
    left.demand.cpuMillis - right.demand.cpuMillis ||
    left.demand.memoryBytes - right.demand.memoryBytes ||
    (left.task.taskId < right.task.taskId ? -1 : 1)
  );
}

/** Replicas that serve are drained first. What its policy keeps alive gets a task in its place, which waits for capacity. */
function stopFor(state: ClusterState, task: Task, other: Task, context: PreemptionContext): Change {
  const { priority } = requirementsOfTask(other);
  const why = `preempted by ${other.name} (priority ${priority})`;
  const service = task.owner?.kind === "service" ? state.tables.service.get(task.owner.id as ServiceId) : undefined;
  const change = service
    ? retireChange(new Replica(task), service.policy.drainMs, context, why)
    : stopForDrain(task, why, context);
  const { id, set } = change as { id: Task["taskId"]; set: PackedTaskUpdate };
  const preempted = { by: other.taskId, name: other.name, priority };
  const requests = { ...(set.requests ?? task.requests ?? noRequests), preempted };
  return { type: "task.updated", id, set: { ...set, requests } };
}
