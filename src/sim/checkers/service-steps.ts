// What a batch did to a service, from the log alone: the records before and after, and the replicas that the service took out by
// itself. The checkers of services count with this, and not with what the reconciler counts.

import { fromTimestamp } from "../../lib/clock.ts";
import { type Service, wantedReplicas } from "../../model/service/service.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { Task } from "../../model/task/task.ts";
import { type CertainBatch, changesOf, type Truth } from "../run/truth.ts";

/** True when the replica serves: its container runs, is ready, and is to stay. */
export function serves({ desired, observed }: Task): boolean {
  const { status, ready, reason } = observed;
  return desired === "running" && status === "running" && ready && reason.code !== "restarting";
}

/** True when the replica is to run, whether it does yet or not. */
export function isLive({ desired, observed }: Task): boolean {
  return desired === "running" && !isFinished(observed.status);
}

export function slotOf({ owner }: Task): string {
  return owner?.slot ?? "";
}

export interface ServiceStep {
  /** As the batch left it. */
  service: Service;
  /** Every version that it had in the batch, with those before and after. */
  versions: Service[];
  /** Its tasks as the batch left them, finished ones too. */
  tasks: Task[];
  created: Task[];
  /** Replicas that served, and that the service drains or stops from now on: no user named them. */
  taken: Task[];
  /** How many replicas that served are stopped for tasks with a higher priority: after all that the service has decided. */
  preempted: number;
  /** How many more replicas are to run than before the batch. */
  more: number;
  /** True when a replica waited for a node, and the batch changed it. */
  waited: boolean;
}

const steps = new WeakMap<CertainBatch, ServiceStep[]>();

/** Of each service that exists after the batch and that the batch concerns. The same for every checker. */
export function stepsOf(truth: Truth, certain: CertainBatch): ServiceStep[] {
  const before = steps.get(certain);
  if (before) return before;
  const made = makeSteps(truth, certain);
  steps.set(certain, made);
  return made;
}

function makeSteps(truth: Truth, certain: CertainBatch): ServiceStep[] {
  const { service: services } = truth.state.tables;
  if (services.size === 0) return [];
  const byId = new Map<string, ServiceStep>();
  const stepOf = (id: string): ServiceStep | null => {
    const known = byId.get(id);
    if (known) return known;
    const service = services.get(id as never);
    if (!service) return null;
    const step: ServiceStep = {
      service,
      versions: [service],
      tasks: [],
      created: [],
      taken: [],
      preempted: 0,
      more: 0,
      waited: false,
    };
    byId.set(id, step);
    return step;
  };
  for (const { before, after } of changesOf(certain, "service")) {
    const step = stepOf((after ?? before)!.serviceId);
    for (const version of [before, after]) if (step && version) step.versions.push(version);
  }
  const asked = new Set(certain.batch.commands.flatMap(({ targets = [] }) => targets));
  for (const { before, after } of changesOf(certain, "task")) {
    const task = (after ?? before)!;
    const step = task.owner?.kind === "service" ? stepOf(task.owner.id) : null;
    if (!step) continue;
    if (before === null) step.created.push(task);
    step.more += Number(after !== null && isLive(after)) - Number(before !== null && isLive(before));
    if (before?.observed.status === "pending") step.waited = true;
    if (before === null || !serves(before)) continue;
    if (after === null || after.desired === "running") continue;
    if (after.requests?.preempted !== undefined) step.preempted++;
    else if (!asked.has(after.taskId)) step.taken.push(before);
  }
  for (const [id, step] of byId) step.tasks = truth.ownedBy(id);
  return [...byId.values()];
}

/** The lowest floor of the versions that the service had in the batch. */
export function floorOf({ versions }: ServiceStep): number {
  return Math.min(
    ...versions.map(({ mode, policy, rollout }) => {
      if (mode.type !== "replicated") return 0;
      const missing = policy.maxUnavailable ?? (rollout?.order === "stop-first" ? 1 : 0);
      return Math.max(0, mode.replicas - missing);
    }),
  );
}

function drainOf({ state }: Truth, { placement }: Task) {
  return (placement === null ? undefined : state.nodes.get(placement.nodeId))?.draining ?? null;
}

/** True when another replica of its slot is to run first, and it goes then: its node is drained, or it is moved. */
export function leaves(truth: Truth, task: Task): boolean {
  return drainOf(truth, task) !== null || task.requests?.moveTo !== undefined;
}

/** True when a replica goes because the time to drain its node is over: then it goes whatever the floor is. */
export function isOverdue(truth: Truth, { taken }: ServiceStep, atMs: number): boolean {
  return taken.some((task) => {
    const drain = drainOf(truth, task);
    return drain !== null && fromTimestamp(drain.deadlineAt) <= atMs;
  });
}

/** The highest ceiling of the versions that the service had in the batch, with its surge while replicas leave their node. */
export function ceilingOf(truth: Truth, { versions, tasks }: ServiceStep): number {
  const isLeaving = tasks.some((task) => isLive(task) && leaves(truth, task));
  return Math.max(
    ...versions.map(({ mode, policy, rollout }) => {
      if (mode.type !== "replicated") return Number.POSITIVE_INFINITY;
      return mode.replicas + (isLeaving || rollout?.order === "start-first" ? policy.maxSurge : 0);
    }),
  );
}

/** True when the slot is one of those that are wanted. */
export function isWanted({ mode }: Service, slot: string): boolean {
  return mode.type !== "replicated" || Number(slot) <= mode.replicas;
}

/**
 * A replica that no slot needs, because its slot is gone or has another one that serves, may go first where a wanted one can only
 * start in its place. The one that the same batch starts in that place does not count as there.
 */
export function freesCapacity({ service, taken, tasks, created, waited }: ServiceStep): boolean {
  const isNeeded = (task: Task) =>
    isWanted(service, slotOf(task)) &&
    !tasks.some((one) => one.taskId !== task.taskId && slotOf(one) === slotOf(task) && serves(one));
  if (taken.some(isNeeded)) return false;
  if (waited) return true;
  const started = new Set(created.map(({ taskId }) => taskId));
  const wanted = tasks.filter((task) => isLive(task) && isWanted(service, slotOf(task)) && !started.has(task.taskId));
  const filled = new Set(wanted.map(slotOf)).size;
  return filled < (wantedReplicas(service) ?? 0) || wanted.some(({ observed }) => observed.status === "pending");
}
