// The replicas of a service as its reconciler sees them: tasks that it owns, by slot, and how each of them is.

import { endOfPause, fromTimestamp } from "../../../lib/clock.ts";
import { compareTexts } from "../../../lib/compare-texts.ts";
import type { NodeId, ServiceId, TaskId } from "../../../model/ids.ts";
import { type Service, slotBackoffMs, slotName, wantedReplicas } from "../../../model/service/service.ts";
import { isLost, waitsForDependency } from "../../../model/task/reason.ts";
import { hasFinished, serves, type Task } from "../../../model/task/task.ts";
import type { ClusterState } from "../../state/cluster-state.ts";

/**
 * live: wanted, and not finished. going: drained or stopped. ended: finished by itself or with its node, and nothing has taken
 * its place.
 */
export type Stage = "live" | "going" | "ended";

export class Replica {
  readonly task: Task;
  readonly slot: string;
  /** Of a global service: the node whose slot it has. */
  readonly nodeId: NodeId | null;
  readonly revision: number;
  readonly stage: Stage;
  /** True when it serves: it runs, is ready, and stays. */
  readonly available: boolean;
  /** In ms since the epoch, 0 before. NaN until it is asked for: to parse a time costs more than all the rest. */
  #placedAt = Number.NaN;
  #startedAt = Number.NaN;

  /** A task with an owner of the kind service says its slot and revision. */
  constructor(task: Task) {
    const { slot = "", revision = 0, nodeId = null } = task.owner!;
    this.task = task;
    this.slot = slot;
    this.nodeId = nodeId as NodeId | null;
    this.revision = revision;
    this.stage = hasFinished(task) ? "ended" : task.desired === "running" ? "live" : "going";
    this.available = isAvailable(task);
  }

  /** Since when it runs, in ms since the epoch. Where the clock of its node says what cannot be, the time of its placement. */
  runningSince(now: number): number {
    if (Number.isNaN(this.#placedAt)) {
      const { placement, observed } = this.task;
      const { startedAt = null } = observed.containers[0] ?? {};
      this.#placedAt = placement ? fromTimestamp(placement.at) : 0;
      this.#startedAt = startedAt ? fromTimestamp(startedAt) : 0;
    }
    const since = this.#startedAt < this.#placedAt || this.#startedAt > now ? this.#placedAt : this.#startedAt;
    // One whose files have changed since then counts from there.
    const { revisedAt } = this.task.owner!;
    const at = revisedAt === undefined ? 0 : fromTimestamp(revisedAt);
    return at > now ? since : Math.max(since, at);
  }
}

/** Restarts that no user asked for. */
export function restartsOf(containers: Task["observed"]["containers"]): number {
  let sum = 0;
  for (const { restarts, requestedRestarts } of containers) sum += Math.max(0, restarts - requestedRestarts);
  return sum;
}

/** Those since it got its revision. */
export function failedRestarts({ observed, owner }: Task): number {
  return Math.max(0, restartsOf(observed.containers) - (owner?.restarts ?? 0));
}

/** True for a replica that serves: it is wanted, runs, is ready, and stays. */
export function isAvailable(task: Task): boolean {
  return task.desired === "running" && serves(task);
}

/** Those of a service that matter: live, going, or ended and not replaced; by id. */
export function replicasOf(state: Pick<ClusterState, "serviceTasks" | "task">, serviceId: ServiceId): Replica[] {
  return sorted(state.serviceTasks.of(serviceId)).map((taskId) => new Replica(state.task(taskId)));
}

/** Tasks are added in the order of their ids, except after an undo or a restart. */
function sorted(taskIds: Iterable<TaskId>): TaskId[] {
  const found = [...taskIds];
  return found.every((id, index) => index === 0 || found[index - 1]! < id) ? found : found.sort();
}

/** What tells slots apart: a number, or the node. A replica and its slot have the same key. */
export function slotKey({ slot, nodeId }: Pick<Replica, "slot" | "nodeId">): string {
  return nodeId ?? slot;
}

/** Numbers by their amount, then names. */
export function compareSlots(left: string, right: string): number {
  const [isLeft, isRight] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (isLeft && isRight) return Number(left) - Number(right);
  if (isLeft !== isRight) return isLeft ? -1 : 1;
  return compareTexts(left, right);
}

/** The replicas of one slot. */
export class Slot {
  readonly name: string;
  readonly replicas: readonly Replica[];
  /** Of a global service: the node that it is. */
  readonly nodeId: NodeId | null;
  /** Oldest first. */
  readonly ended: readonly Replica[];
  /** The one to keep comes first: an available one, else the oldest. */
  readonly #live: readonly Replica[];

  constructor(name: string, replicas: readonly Replica[], nodeId: NodeId | null = null) {
    this.name = name;
    this.replicas = replicas;
    this.nodeId = nodeId;
    this.#live = inOrder(replicas, "live");
    this.ended = inOrder(replicas, "ended");
  }

  get key(): string {
    return slotKey({ slot: this.name, nodeId: this.nodeId });
  }

  /** Live ones of the revision. The one to keep comes first: an available one, else the oldest. */
  live(revision: number): readonly Replica[] {
    const [first] = this.#live;
    // Most slots have one, and each is asked several times in a look.
    if (this.#live.length === 1) return first!.revision === revision ? this.#live : none;
    return this.#live.filter((one) => one.revision === revision);
  }

  /** Live ones of any other revision, in that order. */
  others(revision: number): readonly Replica[] {
    const [first] = this.#live;
    if (this.#live.length === 1) return first!.revision === revision ? none : this.#live;
    return this.#live.filter((one) => one.revision !== revision);
  }

  get isEmpty(): boolean {
    return this.#live.length === 0;
  }

  /** True when its replica has ended, and its restart policy leaves it at that: the slot needs nothing more. */
  isDone(revision: number): boolean {
    const last = this.ended.at(-1);
    if (last === undefined || last.revision !== revision || isLost(last.task.observed.reason)) return false;
    if (this.live(revision).length > 0) return false;
    const { restartPolicy } = last.task.spec;
    const succeeded = last.task.observed.status === "completed";
    return restartPolicy.mode === "never" || (restartPolicy.mode === "on-failure" && succeeded);
  }

  /** True when its replica of this revision serves, or has done its work. */
  serves(revision: number): boolean {
    return (
      this.live(revision)[0]?.available === true ||
      (this.isDone(revision) && this.ended.at(-1)!.task.observed.status === "completed")
    );
  }
}

const none: readonly Replica[] = [];

function inOrder(replicas: readonly Replica[], wanted: Stage): readonly Replica[] {
  const [first] = replicas;
  // As most slots: no array of its own.
  if (replicas.length < 2) return first?.stage === wanted ? replicas : none;
  const found = replicas.filter(({ stage }) => stage === wanted);
  if (found.length < 2) return found;
  return found.sort((a, b) => Number(b.available) - Number(a.available) || (a.task.taskId < b.task.taskId ? -1 : 1));
}

/** Failed replicas in a row in a slot, with this one. One whose node was lost does not count, and after a long run it is 1 again. */
export function failuresInARow({ task }: Replica): number {
  if (isLost(task.observed.reason)) return 0;
  const { startedAt } = task.observed.containers[0] ?? { startedAt: null };
  const { finishedAt } = task.observed;
  const ranMs = startedAt && finishedAt ? fromTimestamp(finishedAt) - fromTimestamp(startedAt) : 0;
  return ranMs >= task.spec.restartPolicy.resetAfterMs ? 1 : (task.owner?.failures ?? 0) + 1;
}

/** When an ended replica may be replaced, in ms since the epoch. */
export function replaceableAt(replica: Replica, now: number): number {
  const pauseMs = slotBackoffMs(failuresInARow(replica));
  return endOfPause(fromTimestamp(replica.task.ended!.at) + pauseMs, pauseMs, now);
}

export interface SlotNode {
  readonly nodeId: NodeId;
  /** Name of the slot, unique among these. */
  readonly name: string;
}

export interface GlobalNodes {
  /** In the order of nodes. */
  readonly wanted: readonly SlotNode[];
  /** Nodes that get no replica now, and keep the one that they have: it is neither replaced nor stopped. */
  readonly kept: ReadonlySet<NodeId>;
}

/** The slots of a service that are wanted, in order, with their replicas. `nodes`: those of a global service. */
export function slotsOf(service: Service, replicas: readonly Replica[], nodes: GlobalNodes | null): Slot[] {
  const byKey = Map.groupBy(replicas, slotKey);
  if (service.mode.type === "global")
    return (nodes?.wanted ?? []).map(({ nodeId, name }) => new Slot(name, byKey.get(nodeId) ?? [], nodeId));
  return Array.from({ length: wantedReplicas(service) ?? 0 }, (_, index) => slotName(index + 1)).map(
    (name) => new Slot(name, byKey.get(name) ?? []),
  );
}

/** One that has just been made is placed after the plan. In a global service its node may lack the capacity for two. */
export function waitsForCapacity({ observed }: Task, { type }: Service["mode"]): boolean {
  if (observed.status !== "pending" || waitsForDependency(observed.reason)) return false;
  return type === "global" || observed.reason.code !== "waiting";
}

/** Slots whose old replica does not serve come first: to replace it costs nothing. */
export function unavailableFirst(to: number): (left: Slot, right: Slot) => number {
  const serves = (slot: Slot) => Number(slot.others(to)[0]?.available ?? false);
  return (left, right) => serves(left) - serves(right) || compareSlots(left.name, right.name);
}
