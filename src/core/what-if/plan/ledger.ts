// What happens while a plan is played: which tasks and services change, step by step, in virtual time.

import type { NodeId, ServiceId, TaskId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { Plan } from "../../../model/plan/plan.ts";
import type { Rollout, Service } from "../../../model/service/service.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import { isAvailable, replicasOf } from "../../reconcile/service/replica.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Delta } from "../../state/delta.ts";

/** What has become of one task since the plan began. */
interface TaskStory {
  before: Task | null;
  /** Null if its record is gone. */
  after: Task | null;
}

export class ServiceStory {
  /** Null for a new service. */
  before: Service | null = null;
  /** Null if it is removed. */
  after: Service | null = null;
  /** True when its record has changed. */
  hasChanged = false;
  /** The first rollout that the plan began. Null if none. */
  rollout: Rollout | null = null;
  starts = 0;
  stops = 0;
  inPlace = 0;
  /** Time without a replica that serves, in ms. */
  downMs = 0;
  /** Its last change, in ms since the epoch. */
  lastAt = 0;
  /** Replicas that serve. Null until one of its tasks changes. */
  serving: number | null = null;
  /** Since when no replica serves. Null while one does, and before the first one did. */
  downSince: number | null = null;
}

export class Ledger {
  readonly #state: ClusterState;
  readonly #begin: number;
  readonly tasks = new Map<TaskId, TaskStory>();
  readonly services = new Map<ServiceId, ServiceStory>();
  /** Services that the commands touch, directly or by their nodes. */
  readonly affected = new Set<ServiceId>();
  readonly steps: Plan["steps"] = [];
  stepCount = 0;
  readonly #hostnames: ReadonlyMap<NodeId, string>;
  /** Sentences about tasks that are stopped for others. */
  readonly preempted = new Set<string>();

  /** `state`: as the plan changes it. `begin`: ms since the epoch. */
  constructor(state: ClusterState, begin: number) {
    this.#state = state;
    this.#begin = begin;
    this.#hostnames = new Map([...state.nodes.values()].map(({ nodeId, hostname }) => [nodeId, hostname]));
  }

  /** Also of a node that the plan removes. */
  nodeName(nodeId: NodeId): string {
    return this.#hostnames.get(nodeId) ?? nodeId;
  }

  /** True for a task that the plan is about: not for what goes on beside it. */
  concerns(task: Task): boolean {
    const { owner } = task;
    if (owner?.kind === "service") return this.affected.has(owner.id as ServiceId);
    return true;
  }

  observe(deltas: readonly Delta[], now: number): void {
    for (const { kind, before, after } of deltas) {
      if (kind === "service") this.#service(before, after, now);
      else if (kind === "task") this.#task(before, after, now);
    }
    for (const [serviceId, serving] of this.#served(deltas)) this.#count(this.story(serviceId), serving, now);
  }

  story(serviceId: ServiceId): ServiceStory {
    let story = this.services.get(serviceId);
    if (!story) {
      story = new ServiceStory();
      const service = this.#state.tables.service.get(serviceId) ?? null;
      story.before = service;
      story.after = service;
      this.services.set(serviceId, story);
    }
    return story;
  }

  #service(before: Service | null, after: Service | null, now: number): void {
    const { serviceId } = (after ?? before)!;
    const story = this.story(serviceId);
    // Its tasks may have come first, when the record had changed already.
    if (!story.hasChanged) story.before = before;
    story.hasChanged = true;
    story.after = after;
    story.lastAt = now;
    story.rollout ??= after?.rollout ?? null;
    if (!this.affected.has(serviceId) || after === null || before?.reason.code === after.reason.code) return;
    this.#step(now, `${after.name}: ${after.reason.message}`);
  }

  #task(before: Task | null, after: Task | null, now: number): void {
    const task = (after ?? before)!;
    const known = this.tasks.get(task.taskId);
    if (known) known.after = after;
    else this.tasks.set(task.taskId, { before, after });
    if (task.owner?.kind === "service") this.#replica(this.story(task.owner.id as ServiceId), before, after, now);
    const by = after?.requests?.preempted;
    if (by && !before?.requests?.preempted)
      this.preempted.add(`${task.name} is stopped for ${by.name}, which has a higher priority (${by.priority})`);
    if (!this.concerns(task)) return;
    const step = stepOf(before, after, (nodeId) => this.nodeName(nodeId));
    if (step !== null) this.#step(now, step);
  }

  #replica(story: ServiceStory, before: Task | null, after: Task | null, now: number): void {
    story.lastAt = now;
    const { requests } = after ?? {};
    if (requests?.preempted) this.affected.add(after!.owner!.id as ServiceId);
    if (after !== null && after.placement !== null && (before === null || before.placement === null)) story.starts++;
    const isEnding = (task: Task | null) => task === null || task.desired !== "running" || hasFinished(task);
    if (before !== null && before.placement !== null && isEnding(after) && !isEnding(before)) story.stops++;
    if (before !== null && after !== null && before.owner?.revision !== after.owner?.revision) story.inPlace++;
  }

  /** By how much the number of replicas that serve has changed, for each service with tasks among the deltas. */
  #served(deltas: readonly Delta[]): Map<ServiceId, number> {
    const by = new Map<ServiceId, number>();
    for (const { kind, before, after } of deltas) {
      if (kind !== "task") continue;
      const { owner } = (after ?? before)!;
      if (owner?.kind !== "service") continue;
      const id = owner.id as ServiceId;
      const change = Number(after !== null && isAvailable(after)) - Number(before !== null && isAvailable(before));
      by.set(id, (by.get(id) ?? 0) + change);
    }
    return by;
  }

  #count(story: ServiceStory, change: number, now: number): void {
    const { before, after } = story;
    const serviceId = (after ?? before)?.serviceId;
    if (serviceId === undefined) return;
    const counted = () => replicasOf(this.#state, serviceId).filter(({ available }) => available).length;
    const was = story.serving ?? counted() - change;
    story.serving = was + change;
    if (after === null) return;
    if (was > 0 && story.serving === 0) story.downSince = now;
    else if (story.serving > 0 && story.downSince !== null) {
      story.downMs += now - story.downSince;
      story.downSince = null;
    }
  }

  #step(now: number, text: string): void {
    this.stepCount++;
    if (this.steps.length < limits.planSteps) this.steps.push({ afterMs: now - this.#begin, text });
  }
}

/** What the change of a task is to a person; null if it is nothing. */
function stepOf(before: Task | null, after: Task | null, nodeName: (nodeId: NodeId) => string): string | null {
  if (after === null) return null;
  const { name, placement, observed, desired } = after;
  const place = placement === null ? "" : ` on ${nodeName(placement.nodeId)}`;
  if (placement !== null && (before === null || before.placement === null)) return `${name} is started${place}`;
  if (before === null) return null;
  if (!hasFinished(before) && hasFinished(after)) {
    if (observed.status === "failed") return `${name}${place} fails: ${observed.reason.message}`;
    return `${name}${place} ${observed.status === "completed" ? "completes" : "has ended"}`;
  }
  if (before.desired !== desired) return `${name}${place} is ${desired === "draining" ? "drained" : "asked to stop"}`;
  if (!isAvailable(before) && isAvailable(after)) return `${name}${place} ${after.owner ? "serves" : "runs"}`;
  if (before.owner?.revision !== after.owner?.revision) return `${name}${place} gets its new files`;
  return null;
}
