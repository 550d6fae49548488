// Decides the commands on a service that exists: restart, scale, pause, resume, promote, roll back, remove. They change the
// record of the service; the reconciler changes the replicas.

import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import type { ServiceId } from "../../model/ids.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { revisionId, type Service, serviceReason } from "../../model/service/service.ts";
import { packSpec } from "../../model/task/spec.ts";
import { newRollout } from "../reconcile/service/rollout.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { checkContents, resolveContents } from "../state/contents.ts";
import { findService } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { refuseForSelector } from "./selectors.ts";
import { revise, towards } from "./service-revisions.ts";
import { removalChange } from "./task-requests.ts";
import { refuseSharedWriter } from "./volumes.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export function decideRestartService(
  state: ClusterState,
  { serviceId, by }: CommandOf<"restartService">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findReplicated(state, serviceId, "restart");
  if (!found.ok) return found;
  const service = found.value;
  const { spec: current, images } = state.record("revision", revisionId(serviceId, service.target));
  const spec = resolveContents(state, packSpec(current), "service");
  if (!spec.ok) return spec;
  const changes = revise(state, service, {
    ...{ spec: spec.value, images, by, now },
    restarted: service.newest + 1,
    note: "restart",
  });
  return ok({ changes, granted: { serviceId } });
}

export function decideScaleService(
  state: ClusterState,
  { serviceId, replicas }: CommandOf<"scaleService">,
): Outcome<Decision> {
  const found = findReplicated(state, serviceId, "scale");
  if (!found.ok) return found;
  const { mode, name, target } = found.value;
  if (mode.type !== "replicated") {
    return refuse("unprocessable", `the service ${name} is global: it has one replica on each node`, {
      hint: "Change where it runs by its constraints.",
    });
  }
  if (mode.replicas === replicas) return ok({ changes: [], granted: { serviceId } });
  const refusal = refuseSharedWriter(state, replicas, state.record("revision", revisionId(serviceId, target)).spec);
  if (refusal) return refusal;
  return updated(serviceId, { mode: { type: "replicated", replicas } });
}

/** Stops and removes its replicas with it. */
export function decideRemoveService(state: ClusterState, { serviceId }: CommandOf<"removeService">): Outcome<Decision> {
  const found = findService(state, serviceId);
  if (!found.ok) return found;
  // Also those that ended and were replaced: nothing of the service is left.
  const tasks = [...state.tasks.values()].filter(({ owner }) => owner?.id === serviceId);
  tasks.sort((left, right) => (left.taskId < right.taskId ? -1 : 1));
  const changes: Change[] = [
    ...tasks.map(removalChange),
    ...state
      .revisionsOf(serviceId)
      .map((number): Change => ({ type: "revision.removed", id: revisionId(serviceId, number) })),
    { type: "service.removed", id: serviceId },
  ];
  return ok({ changes, granted: { serviceId } });
}

export function decidePauseService(
  state: ClusterState,
  { serviceId, paused }: CommandOf<"pauseService">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findReplicated(state, serviceId, paused ? "pause" : "resume");
  if (!found.ok) return found;
  const service = found.value;
  if (service.paused === paused) return ok({ changes: [], granted: { serviceId } });
  if (paused) return updated(serviceId, { paused, reason: serviceReason("paused", "paused by a user") });
  const { rollout } = service;
  // What has failed so far is forgotten, and there is as much time again.
  const again = rollout && { ...newRollout(service, rollout, now), promoted: rollout.promoted };
  const reason = again
    ? serviceReason("deploying", `to revision ${again.to}, resumed`)
    : service.stable === service.target
      ? serviceReason("steady", `revision ${service.target} serves`)
      : serviceReason("failing", `revision ${service.target} has not served yet`);
  return updated(serviceId, { paused, rollout: again, reason });
}

export function decidePromoteService(
  state: ClusterState,
  { serviceId }: CommandOf<"promoteService">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findReplicated(state, serviceId, "promote");
  if (!found.ok) return found;
  const { rollout, name, policy } = found.value;
  if (rollout === null || policy.canary === 0) {
    return refuse("unprocessable", `the service ${name} has no canaries that wait`, {
      hint: "Canaries are asked for with: podling service update --canary N",
    });
  }
  const promoted = { ...newRollout({ policy }, rollout, now), promoted: true };
  return updated(serviceId, {
    ...{ rollout: promoted, paused: false },
    reason: serviceReason("deploying", `to revision ${rollout.to}, promoted`),
  });
}

export function decideRollbackService(
  state: ClusterState,
  { serviceId, to = null }: CommandOf<"rollbackService">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findReplicated(state, serviceId, "roll back");
  if (!found.ok) return found;
  const service = found.value;
  const kept = state.revisionsOf(serviceId);
  const before = kept.filter((number) => number < service.target).at(-1);
  const number = to ?? (service.stable !== null && service.stable !== service.target ? service.stable : before);
  if (number === undefined || !kept.includes(number)) {
    const message =
      number === undefined ? `the service ${service.name} has no earlier revision` : `there is no revision ${number}`;
    return refuse("unprocessable", message, { hint: `Its revisions: podling service history ${service.name}` });
  }
  if (number === service.target) return ok({ changes: [], granted: { serviceId } });
  const { spec } = state.record("revision", revisionId(serviceId, number));
  const missing = checkContents(state, spec);
  if (missing) return missing;
  const back = towards(state, service, number, service.policy, packSpec(spec), now);
  return updated(serviceId, {
    // It served before, so that it needs no canaries.
    ...{ ...back, rollout: { ...back.rollout!, promoted: true } },
    reason: serviceReason("deploying", `back to revision ${number}`),
  });
}

function updated(serviceId: ServiceId, set: Partial<Omit<Service, "serviceId">>): Outcome<Decision> {
  return ok({ changes: [{ type: "service.updated", id: serviceId, set }], granted: { serviceId } });
}

/** The service, if it has replicas of its own. `verb`: what was asked for. */
function findReplicated(state: ClusterState, serviceId: ServiceId, verb: string): Outcome<Service> {
  const found = findService(state, serviceId);
  return found.ok ? (refuseForSelector(found.value, verb) ?? found) : found;
}
