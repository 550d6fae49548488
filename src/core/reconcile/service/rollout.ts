// The progress of a rollout: when it is done, when it has failed, and what follows. A rollout always ends: done, rolled back,
// paused for a person to look at it, or given up at its deadline.

import { fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import { waitingSentence } from "../../../model/dependency/dependency.ts";
import type { ServiceUpdate } from "../../../model/service/kind.ts";
import {
  failedReason,
  type Rollout,
  type RolloutPolicy,
  type Service,
  serviceReason,
} from "../../../model/service/service.ts";
import { isLost } from "../../../model/task/reason.ts";
import { failedRestarts, type Replica, type Slot } from "./replica.ts";

export interface Progress {
  /** What changes of the service; null: nothing. */
  set: ServiceUpdate | null;
  /** When to look again; null: when a record changes. */
  dueAt: number | null;
}

export function progressOf(service: Service, slots: readonly Slot[], now: number): Progress {
  const { rollout, paused } = service;
  if (rollout === null) return { set: afterAll(service, slots), dueAt: null };
  if (paused) return { set: null, dueAt: null };
  const failed = failedReplicas(rollout, slots);
  if (failed.count > service.policy.maxFailures && service.policy.onFailure !== "continue") {
    const why = `revision ${rollout.to} failed: ${failed.why}`;
    return {
      set: rollout.from === null ? givenUp(rollout, why) : afterFailure(service, rollout, why, now),
      dueAt: null,
    };
  }
  // The clock was set back: the deadline would come later by as much.
  if (fromTimestamp(rollout.startedAt) > now) {
    const deadlineAt = toTimestamp(now + service.policy.deadlineMs);
    return { set: { rollout: { ...rollout, startedAt: toTimestamp(now), deadlineAt } }, dueAt: null };
  }
  const isComplete = slots.every((slot) => slot.serves(rollout.to) && slot.others(rollout.to).length === 0);
  if (isComplete) return settled(service, rollout, slots.length, now);
  if (isAtCanaries(service, rollout, slots)) return atCanaries(service, rollout, now);
  const deadline = fromTimestamp(rollout.deadlineAt);
  // Canaries wait for a person: what interrupts them is no reason to go back.
  if (now >= deadline && service.reason.code !== "canary")
    return { set: afterDeadline(service, rollout, slots, now), dueAt: null };
  // Something went away again: the time of watching starts over.
  const set = rollout.settledAt === null ? null : { rollout: { ...rollout, settledAt: null } };
  return { set, dueAt: now >= deadline ? null : deadline };
}

/** Replicas of the new revision that ended by themselves, or whose container did and was started again. */
function failedReplicas(rollout: Rollout, slots: readonly Slot[]): { count: number; why: string } {
  let first: Replica | null = null;
  let count = rollout.failures;
  for (const { replicas } of slots) {
    for (const replica of replicas) {
      if (!isMadeBy(rollout, replica) || !hasFailed(replica)) continue;
      first ??= replica;
      count++;
    }
  }
  if (first === null) return { count, why: "replicas ended by themselves" };
  return { count, why: `${first.task.name}: ${first.task.observed.reason.message}` };
}

/** True for a replica of the new revision that was not there before: an older one says nothing about this rollout. */
export function isMadeBy({ to, startedAt }: Rollout, { task, revision }: Replica): boolean {
  return revision === to && (task.owner?.revisedAt ?? task.createdAt) >= startedAt;
}

function hasFailed({ task, stage }: Replica): boolean {
  const { reason, status } = task.observed;
  if (stage === "ended") return status === "failed" && !isLost(reason);
  return stage === "live" && failedRestarts(task) > 0;
}

function settled(service: Service, rollout: Rollout, slots: number, now: number): Progress {
  const { monitorMs, minReadyMs } = service.policy;
  // A replica that has not run for long enough takes the place of no other one, so it has not shown that it serves.
  const watchMs = Math.max(monitorMs, minReadyMs);
  // After the clock was set back the time of watching starts over.
  const isKnown = rollout.settledAt !== null && fromTimestamp(rollout.settledAt) <= now;
  const since = isKnown ? fromTimestamp(rollout.settledAt!) : now;
  if (now >= since + watchMs) {
    const isBack = rollout.isRollback && service.reason.code === "rolled-back";
    const reason = isBack ? service.reason : serviceReason("steady", `revision ${rollout.to} serves`);
    // With no replica, nothing was shown.
    const stable = slots > 0 ? { stable: rollout.to } : {};
    return { set: { rollout: null, ...stable, reason }, dueAt: null };
  }
  const set = isKnown ? null : { rollout: { ...rollout, settledAt: toTimestamp(now) } };
  return { set, dueAt: since + watchMs };
}

/** True when only so many slots as there are canaries may get the new revision. */
export function hasCanaries({ canary }: RolloutPolicy, { promoted, from, isRollback }: Rollout): boolean {
  return canary > 0 && !promoted && from !== null && !isRollback;
}

function isAtCanaries({ policy }: Service, rollout: Rollout, slots: readonly Slot[]): boolean {
  if (!hasCanaries(policy, rollout)) return false;
  return slots.filter((slot) => slot.serves(rollout.to)).length >= Math.min(policy.canary, slots.length);
}

/** The canaries serve: the rollout waits for a person, however long that takes. */
function atCanaries(service: Service, rollout: Rollout, _now: number): Progress {
  if (service.reason.code === "canary") return { set: null, dueAt: null };
  const message = `${service.policy.canary} canaries of revision ${rollout.to} serve; promote it, or roll it back`;
  return { set: { reason: serviceReason("canary", message) }, dueAt: null };
}

/** There is nothing to go back to: replicas are tried again and again, and the service says that they fail. */
function givenUp({ to }: Rollout, why: string): ServiceUpdate {
  return { rollout: null, reason: failedReason("failing", why, to) };
}

/** A service that was given up, and serves after all. */
function afterAll({ reason, target }: Service, slots: readonly Slot[]): ServiceUpdate | null {
  if (reason.code !== "failing" || slots.length === 0 || !slots.every((slot) => slot.serves(target))) return null;
  return { stable: target, reason: serviceReason("steady", `revision ${target} serves`) };
}

function afterDeadline(service: Service, rollout: Rollout, slots: readonly Slot[], now: number): ServiceUpdate {
  const waiting = slots.find((slot) => !slot.serves(rollout.to));
  const [replica] = waiting?.live(rollout.to) ?? [];
  const what = replica
    ? `: ${replica.task.name} is ${replica.task.observed.status}, ${replica.task.observed.reason.message}`
    : service.waitsFor
      ? `: it ${waitingSentence(service.waitsFor)}`
      : "";
  const why = `revision ${rollout.to} was not there by its deadline${what}`;
  if (rollout.from === null) return givenUp(rollout, why);
  return afterFailure(service, rollout, why, now);
}

/** Back to the revision that served before, if there is one and this is not the way back itself; else a person has to look. */
function afterFailure(service: Service, rollout: Rollout, why: string, now: number): ServiceUpdate {
  const { policy, stable } = service;
  const back = stable ?? rollout.from;
  if (policy.onFailure === "rollback" && !rollout.isRollback && back !== null && back !== rollout.to) {
    const next = newRollout(service, { from: rollout.to, to: back, order: rollout.order, why, isRollback: true }, now);
    const what =
      stable === null ? `revision ${back}, which has not served yet, is tried again` : `back to revision ${back}`;
    const reason = failedReason("rolled-back", `${why}; ${what}`, rollout.to);
    return { target: back, rollout: next, reason };
  }
  return { paused: true, reason: failedReason("paused", `${why}; resume or roll back`, rollout.to) };
}

export function newRollout(
  { policy }: Pick<Service, "policy">,
  of: Pick<Rollout, "from" | "to" | "order" | "why" | "isRollback">,
  now: number,
): Rollout {
  const deadlineAt = toTimestamp(now + policy.deadlineMs);
  return {
    ...of,
    ...{ startedAt: toTimestamp(now), deadlineAt, nextAt: null, settledAt: null, failures: 0, promoted: false },
  };
}
