// What a service needs next, as a pure function of its records and the time: replicas to start, to drain and to stop, and the
// progress of its rollout. Each call gives only the difference to what is; nothing is remembered between two calls.

import { endOfPause, fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import type { Change } from "../../../model/change.ts";
import { nextTaskId, type TaskId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { pinnedSpec } from "../../../model/service/pinned.ts";
import type { Rollout } from "../../../model/service/service.ts";
import { isLost } from "../../../model/task/reason.ts";
import { noRequests } from "../../../model/task/task.ts";
import { stopChange } from "../../commands/task-requests.ts";
import { Bounds } from "./bounds.ts";
import { catchUp } from "./global.ts";
import { getsInPlace, revisedChange } from "./in-place.ts";
import { Leaving } from "./leaving.ts";
import {
  compareSlots,
  failuresInARow,
  type Replica,
  replaceableAt,
  type Slot,
  slotKey,
  slotsOf,
  unavailableFirst,
  waitsForCapacity,
} from "./replica.ts";
import { drainedAt, retireChange } from "./retire.ts";
import { hasCanaries, isMadeBy, progressOf } from "./rollout.ts";
import type { Placed, Plan, PlanContext, ServiceView } from "./service-view.ts";

export function planService(view: ServiceView, context: PlanContext): Plan {
  const planner = new Planner(view, context);
  return planner.plan();
}

class Planner {
  readonly #view: ServiceView;
  readonly #context: PlanContext;
  readonly #changes: Change[] = [];
  readonly #slots: Slot[];
  readonly #bounds: Bounds;
  readonly #surplus: Replica[];
  readonly #going: Replica[];
  readonly #leaving: Leaving;
  readonly #retired = new Set<Replica>();
  #starts = 0;
  #dueAt: number | null = null;
  #lastTaskId: TaskId | null;
  /** Slots with a replica of the new revision, with those that this plan starts. */
  #updated: number;
  #hasFreedCapacity = false;
  /** Null until it is asked. */
  #isWaiting: boolean | null = null;
  /** True when a replica is stopped whatever the floor is, because the time to drain its node is over. */
  #isForced = false;

  constructor(view: ServiceView, context: PlanContext) {
    this.#view = view;
    this.#context = context;
    this.#lastTaskId = context.lastTaskId;
    this.#leaving = new Leaving(view.replicas, view.departure, context.now);
    const staying = view.replicas.filter((replica) => !this.#leaving.has(replica));
    const { nodes } = view;
    this.#slots = slotsOf(view.service, staying, nodes);
    const wanted = new Set(this.#slots.map(({ key }) => key));
    const isKept = ({ nodeId }: Replica) => nodes !== null && nodeId !== null && nodes.kept.has(nodeId);
    const live = view.replicas.filter((one) => one.stage === "live" && !isKept(one));
    this.#bounds = new Bounds(view.service, live, {
      ...{ wanted: this.#slots.length, isAnyLeaving: !this.#leaving.isEmpty, now: context.now },
      wakeAt: (at) => this.#wakeAt(at),
    });
    this.#surplus = live.filter((one) => !wanted.has(slotKey(one))).sort(this.#bySurplus);
    this.#going = view.replicas.filter(({ stage }) => stage === "going");
    const { rollout } = view.service;
    this.#updated = rollout ? this.#slots.filter((slot) => slot.live(rollout.to).length > 0).length : 0;
  }

  plan(): Plan {
    const { service } = this.#view;
    const progress = progressOf(service, this.#slots, this.#context.now);
    this.#wakeAt(progress.dueAt);
    this.#wakeAt(this.#leaving.dueAt);
    const set = progress.set ?? catchUp(this.#view, this.#slots, this.#context.now);
    if (set) {
      // The slots follow in the next call, from the record as it is then.
      this.#changes.push({ type: "service.updated", id: service.serviceId, set });
      return this.#end();
    }
    for (const replica of this.#surplus) this.#retireSurplus(replica);
    for (const slot of this.#slots) this.#tidy(slot);
    this.#leave();
    for (const slot of this.#slots) this.#fill(slot);
    this.#step();
    for (const replica of this.#going) this.#drained(replica);
    this.#bounds.assertHeld(this.#hasFreedCapacity || this.#isForced);
    return this.#end();
  }

  /** What goes first when there is too much: what does not serve, what leaves its node, then the highest slots. */
  readonly #bySurplus = (left: Replica, right: Replica): number =>
    Number(left.available) - Number(right.available) ||
    Number(this.#leaving.has(right)) - Number(this.#leaving.has(left)) ||
    compareSlots(right.slot, left.slot) ||
    (left.task.taskId < right.task.taskId ? 1 : -1);

  #end(): Plan {
    return { changes: this.#changes, dueAt: this.#dueAt };
  }

  #wakeAt(at: number | null): void {
    if (at !== null && (this.#dueAt === null || at < this.#dueAt)) this.#dueAt = at;
  }

  get #rollout(): Rollout | null {
    return this.#view.service.rollout;
  }

  /** The revision that a slot without a live replica gets. */
  get #revisionForEmpty(): number {
    const { service } = this.#view;
    const { rollout } = service;
    if (rollout === null || rollout.from === null || rollout.isRollback || this.#mayStep) return service.target;
    return rollout.from;
  }

  /** True when another slot may get the new revision, the pause between steps aside. */
  get #mayStep(): boolean {
    const { service } = this.#view;
    const { rollout, policy, paused } = service;
    if (rollout === null || paused || this.#waits(rollout)) return false;
    return !hasCanaries(policy, rollout) || this.#updated < policy.canary;
  }

  /** True when what the new revision depends on is not there yet: no slot gets it meanwhile. */
  #waits({ to }: Rollout): boolean {
    this.#isWaiting ??= this.#view.waits(to);
    return this.#isWaiting;
  }

  /** After scaling down: one that serves stays while a wanted slot does not yet, unless that slot waits for its capacity. */
  #retireSurplus(replica: Replica): void {
    if (this.#retired.size < limits.tasksPerLook) this.#endUnneeded(replica);
  }

  /** Ends one that no slot needs: whatever the floor is if another slot waits for its capacity, and then one in a look. */
  #endUnneeded(replica: Replica): void {
    const isSpare = this.#bounds.isSpare(replica);
    if (!isSpare && (this.#hasFreedCapacity || !this.#mustFreeCapacity)) return;
    this.#hasFreedCapacity ||= !isSpare;
    this.#retire(replica);
  }

  /** True when a slot can get its replica only if another one goes: no node has free capacity, or too many live. */
  get #mustFreeCapacity(): boolean {
    const live = this.#bounds.counted;
    if (live.some(({ task }) => waitsForCapacity(task, this.#view.service.mode))) return true;
    return (
      live.length >= this.#bounds.ceiling &&
      this.#slots.some(({ isEmpty }) => isEmpty) &&
      live.every(({ available }) => available)
    );
  }

  /** Ends what a slot has too much of. */
  #tidy(slot: Slot): void {
    const { target } = this.#view.service;
    const [newest, ...spare] = slot.live(target);
    for (const replica of spare) this.#endUnneeded(replica);
    const [kept, ...older] = slot.others(target);
    for (const replica of older) this.#endUnneeded(replica);
    if (!kept || !(newest ? !kept.available || this.#bounds.hasProved(newest) : slot.isDone(target))) return;
    if (newest || this.#bounds.isSpare(kept)) this.#endUnneeded(kept);
  }

  /** Ends replicas that leave their node: what does not serve at once, the others when another one of their slot serves. */
  #leave(): void {
    const slots = new Map(this.#slots.map((slot) => [slot.key, slot]));
    for (const [replica, { why, isOver }] of this.#leaving.all()) {
      if (this.#retired.has(replica)) continue;
      const slot = slots.get(slotKey(replica));
      if (isOver) this.#isForced = true;
      const mayGo =
        this.#bounds.isSpare(replica) &&
        (this.#leavesFirst || slot?.replicas.some((one) => this.#bounds.hasProved(one)));
      if (isOver || !replica.available || mayGo) this.#retire(replica, why);
    }
  }

  /** True when no replica beyond the wanted ones may start. */
  get #leavesFirst(): boolean {
    return this.#view.service.policy.maxSurge === 0;
  }

  /** Gives a slot without a live replica another one, when its pause is over. */
  #fill(slot: Slot): void {
    if (!slot.isEmpty) return;
    const revision = this.#revisionForEmpty;
    if (slot.isDone(revision) || (slot.nodeId !== null && !this.#view.mayRun(revision, slot.nodeId))) return;
    // A container that is still being stopped may hold the port or the volume that the next one needs.
    if (this.#isStopFirst && slot.replicas.some(({ stage }) => stage === "going")) return;
    const last = slot.ended.at(-1);
    const at = last ? replaceableAt(last, this.#context.now) : 0;
    if (at > this.#context.now) this.#wakeAt(at);
    else if (this.#starts < limits.tasksPerLook && (this.#bounds.mayStart || this.#endsOneBesideAnother()))
      this.#startWhereAsked(slot, revision);
  }

  /**
   * Where no more may start: ends a replica that does not serve yet while another one of its slot does, so that an empty slot gets
   * one. The slot's step follows when there may be more again. False if there is none.
   */
  #endsOneBesideAnother(): boolean {
    for (const { replicas } of this.#slots) {
      const live = replicas.filter((one) => one.stage === "live" && !this.#retired.has(one));
      const waiting = live.find(({ available }) => !available);
      if (waiting === undefined || !live.some(({ available }) => available)) continue;
      this.#retire(waiting);
      if (waiting.revision === this.#rollout?.to) this.#updated--;
      return true;
    }
    return false;
  }

  /** A replica that is moved gets its successor on the node that was asked for, or stays if that node is full by now. */
  #startWhereAsked(slot: Slot, revision: number): void {
    const moved = this.#leaving.movedFrom(slot.name);
    const placed = moved === null ? {} : this.#view.placeOn(moved.to, revision, this.#context);
    if (placed !== null) {
      this.#start(slot, revision, slot.ended, placed);
      return;
    }
    const { moveTo: _, ...requests } = moved!.task.requests ?? noRequests;
    this.#changes.push({ type: "task.updated", id: moved!.task.taskId, set: { requests } });
  }

  get #isStopFirst(): boolean {
    return this.#rollout?.order === "stop-first";
  }

  /** Takes slots from their old revision to the new one, as many as the policy allows at a time. */
  #step(): void {
    const { service } = this.#view;
    const { rollout, policy } = service;
    if (rollout === null || service.paused) return;
    const left = this.#slots.filter(
      (slot) => slot.live(rollout.to).length === 0 && slot.others(rollout.to).length > 0 && !slot.isDone(rollout.to),
    );
    if (left.length === 0) return;
    const nextAt =
      rollout.nextAt === null ? 0 : endOfPause(fromTimestamp(rollout.nextAt), policy.delayMs, this.#context.now);
    if (nextAt > this.#context.now) {
      this.#wakeAt(nextAt);
      return;
    }
    const underWay = this.#slots.filter((slot) => this.#isUnderWay(slot, rollout)).length;
    let budget = Math.min((policy.parallelism || this.#slots.length) - underWay, limits.tasksPerLook - this.#starts);
    let steps = 0;
    for (const slot of left.sort(unavailableFirst(rollout.to))) {
      if (budget <= 0 || !this.#mayStep) break;
      if (!this.#replace(slot, rollout)) continue;
      budget--;
      steps++;
    }
    if (steps === 0 || policy.delayMs === 0) return;
    const next: Rollout = { ...rollout, nextAt: toTimestamp(this.#context.now + policy.delayMs) };
    this.#changes.push({ type: "service.updated", id: service.serviceId, set: { rollout: next } });
  }

  #isUnderWay(slot: Slot, { to }: Rollout): boolean {
    const [newest] = slot.live(to);
    if (newest) return !this.#bounds.hasProved(newest);
    return slot.isEmpty && !slot.isDone(to);
  }

  /** True when the slot's replacement has begun. */
  #replace(slot: Slot, rollout: Rollout): boolean {
    const [old] = slot.others(rollout.to);
    const ended = slot.ended.filter(({ revision }) => revision === rollout.to);
    const at = ended.length > 0 ? replaceableAt(ended.at(-1)!, this.#context.now) : 0;
    if (at > this.#context.now) {
      this.#wakeAt(at);
      return false;
    }
    const next = this.#view.revision(rollout.to);
    if (getsInPlace(old!, this.#view.revision(old!.revision), next, rollout.isRollback)) {
      this.#changes.push(revisedChange(old!, next, this.#context.now));
      this.#updated++;
      return true;
    }
    if (rollout.order === "start-first") {
      if (old!.available && !this.#bounds.mayStart) return false;
      this.#start(slot, rollout.to, ended);
      if (!old!.available) this.#retire(old!);
      return true;
    }
    if (!this.#bounds.isSpare(old!)) return false;
    this.#retire(old!);
    return true;
  }

  #start(slot: Slot, number: number, replaced: readonly Replica[], placed: Placed = {}): void {
    const { service } = this.#view;
    const { now, random } = this.#context;
    const taskId = nextTaskId(this.#lastTaskId, now, random);
    this.#lastTaskId = taskId;
    const last = replaced.at(-1);
    const failures = last ? failuresInARow(last) : 0;
    const owner = {
      ...{ kind: "service", id: service.serviceId, revision: number, slot: slot.name },
      ...(failures > 0 ? { failures } : {}),
      ...(slot.nodeId === null ? {} : { nodeId: slot.nodeId }),
    };
    const spec = pinnedSpec(this.#view.revision(number));
    this.#changes.push({
      type: "task.created",
      record: {
        ...{ taskId, name: [service.name, slot.name].join("."), createdAt: toTimestamp(now), owner, spec },
        ...(last && isLost(last.task.observed.reason) ? { replaces: last.task.taskId } : {}),
        ...placed,
      },
    });
    for (const { task } of replaced)
      this.#changes.push({ type: "task.updated", id: task.taskId, set: { replacedBy: taskId } });
    this.#bounds.started();
    this.#starts++;
    const rollout = this.#rollout;
    if (rollout?.to !== number) return;
    this.#updated++;
    this.#count(rollout, replaced.filter((one) => isMadeBy(rollout, one) && !isLost(one.task.observed.reason)).length);
  }

  /** Failed replicas of the new revision count for its rollout. */
  #count(rollout: Rollout, failed: number): void {
    if (failed === 0) return;
    const counted = this.#changes.findLast((change) => change.type === "service.updated");
    const before = (counted?.set as { rollout?: Rollout } | undefined)?.rollout ?? rollout;
    const set = { rollout: { ...before, failures: before.failures + failed } };
    this.#changes.push({ type: "service.updated", id: this.#view.service.serviceId, set });
  }

  #retire(replica: Replica, why?: string): void {
    this.#retired.add(replica);
    this.#bounds.ended(replica);
    this.#changes.push(retireChange(replica, this.#view.service.policy.drainMs, this.#context, why));
  }

  /** Stops a drained replica when its time is over. */
  #drained({ task }: Replica): void {
    if (task.desired !== "draining") return;
    const until = drainedAt(task, this.#context.now);
    if (until > this.#context.now) this.#wakeAt(until);
    else this.#changes.push(stopChange(task, this.#context));
  }
}
