// The commands on services. Each changes only what is wanted; replicas are the reconciler's.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import type { Change } from "../../model/change.ts";
import { newServiceId, type ServiceId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import {
  defaultPolicy,
  type PackedRevision,
  type Revision,
  type Rollout,
  type RolloutPolicy,
  revisionId,
  type Service,
  serviceReason,
} from "../../model/service/service.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { specOfInput } from "../../model/task/input-spec.ts";
import { parseRestartPolicy } from "../../model/task/restart-policy.ts";
import { type PackedSpec, packSpec, unpackSpec } from "../../model/task/spec.ts";
import { newRollout } from "../reconcile/service/rollout.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { checkContents, resolveContents, withKeptVersions } from "../state/contents.ts";
import { findService } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { movedImage, resolvedIn } from "./image-pins.ts";
import { removalChange } from "./task-requests.ts";
import { refuseSharedWriter, refuseVolumes, singleWriterVolume } from "./volumes.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Makes the service what the input says: nothing happens if it is that already. */
export function decidePutService(
  state: ClusterState,
  command: CommandOf<"putService">,
  context: DecisionContext,
): Outcome<Decision> {
  const { input, mustBeNew = false } = command;
  const existing = state.serviceNamed(input.name);
  if (existing === undefined) return createService(state, command, context);
  if (mustBeNew) {
    return refuse("name-taken", `there is a service ${input.name} already (${existing.serviceId})`, {
      hint: `Change it with: podling service update ${input.name}. Or choose another name.`,
      details: { serviceId: existing.serviceId, name: input.name },
    });
  }
  return changeService(state, existing, command, context);
}

function createService(
  state: ClusterState,
  { input, by, note = "", images = [] }: CommandOf<"putService">,
  { now, random }: DecisionContext,
): Outcome<Decision> {
  const serviceId = newServiceId(now, random);
  const at = toTimestamp(now);
  const policy = policyOf(defaultPolicy, input);
  const found = specOf(state, input);
  if (!found.ok) return found;
  const spec = found.value;
  const mode = modeOf(null, input);
  if (!mode.ok) return mode;
  const refusal = stuck(state, policy, spec) ?? refusedVolumes(state, spec, mode.value) ?? refusedPlacement(input);
  if (refusal) return refusal;
  const order = orderOf(state, policy, spec);
  const rollout = newRollout({ policy }, { from: null, to: 1, ...order, isRollback: false }, now);
  const service: Service = {
    ...{ serviceId, name: input.name, mode: mode.value },
    ...{ target: 1, stable: null, newest: 1, policy, rollout, paused: false, createdAt: at },
    reason: serviceReason("created", "its first replicas start"),
  };
  const changes: Change[] = [
    { type: "service.created", record: service },
    { type: "revision.created", record: { serviceId, number: 1, spec, by, at, note, ...resolvedIn(spec, images) } },
  ];
  return ok({ changes, granted: { serviceId } });
}

function changeService(
  state: ClusterState,
  service: Service,
  { input, by, note = "", images = [] }: CommandOf<"putService">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const { serviceId } = service;
  const policy = policyOf(service.policy, input);
  const found = specOf(state, input);
  if (!found.ok) return found;
  const spec = found.value;
  const mode = modeOf(service.mode, input);
  if (!mode.ok) return mode;
  const refusal = stuck(state, policy, spec) ?? refusedVolumes(state, spec, mode.value) ?? refusedPlacement(input);
  if (refusal) return refusal;
  const set: { -readonly [Field in keyof Service]?: Service[Field] } = {};
  if (!same(policy, service.policy)) set.policy = policy;
  if (!same(mode.value, service.mode)) set.mode = mode.value;
  const changes: Change[] = [];
  const current = state.record("revision", revisionId(serviceId, service.target));
  const resolved = resolvedIn(spec, images, current.images);
  const moved = movedImage(current.images, images);
  if (moved !== undefined || !same(unpackSpec(withKeptVersions(spec, current.spec)), current.spec)) {
    const why = note || (moved === undefined ? "" : `${moved} stands for another image`);
    const added = addRevision(state, service, { ...{ policy, spec, resolved, by, now }, note: why });
    changes.push(...added.changes);
    Object.assign(set, added.set);
  }
  if (Object.keys(set).length > 0) changes.unshift({ type: "service.updated", id: serviceId, set });
  return ok({ changes, granted: { serviceId } });
}

interface NewRevision {
  policy: RolloutPolicy;
  spec: PackedSpec;
  resolved: Pick<PackedRevision, "images">;
  by: string;
  note: string;
  now: number;
}

/** A revision with this template and the pins of the one before, which is the wanted one then, and the change of the service. */
export function revise(
  state: ClusterState,
  service: Service,
  { images, ...of }: { spec: PackedSpec; images: Revision["images"]; by: string; note: string; now: number },
): Change[] {
  const { policy, serviceId } = service;
  const { changes, set } = addRevision(state, service, { ...of, policy, resolved: resolvedIn(of.spec, [], images) });
  return [{ type: "service.updated", id: serviceId, set }, ...changes];
}

/** One more revision, which is the wanted one then. */
function addRevision(
  state: ClusterState,
  service: Service,
  { policy, spec, resolved, by, note, now }: NewRevision,
): { changes: Change[]; set: Partial<Service> } {
  const { serviceId } = service;
  const number = service.newest + 1;
  const record: PackedRevision = { serviceId, number, spec, by, at: toTimestamp(now), note, ...resolved };
  return {
    changes: [{ type: "revision.created", record }, ...outdated(state, service, number)],
    set: { newest: number, ...towards(state, service, number, policy, spec, now) },
  };
}

export function decideRestartService(
  state: ClusterState,
  { serviceId, by }: CommandOf<"restartService">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findService(state, serviceId);
  if (!found.ok) return found;
  const service = found.value;
  const { spec: current, images } = state.record("revision", revisionId(serviceId, service.target));
  const spec = resolveContents(state, packSpec(current));
  if (!spec.ok) return spec;
  const changes = revise(state, service, { spec: spec.value, images, by, note: "restart", now });
  return ok({ changes, granted: { serviceId } });
}

/** Another revision is wanted, with the rollout that leads to it. */
function towards(
  state: ClusterState,
  service: Service,
  to: number,
  policy: RolloutPolicy,
  spec: PackedSpec,
  now: number,
): Partial<Service> {
  // The newest that is known to serve, or else what most replicas are of.
  const earlier = [service.stable, service.rollout?.from, service.target];
  const from = earlier.find((number) => typeof number === "number" && number !== to) ?? null;
  const order = orderOf(state, policy, spec);
  const rollout: Rollout = newRollout({ policy }, { from, to, ...order, isRollback: false }, now);
  return {
    ...{ target: to, rollout, paused: false },
    reason: serviceReason("deploying", from === null ? `revision ${to}` : `from revision ${from} to ${to}`),
  };
}

/** Revisions beyond the number that is kept, but for those in use. */
function outdated(state: ClusterState, service: Service, newest: number): Change[] {
  const { serviceId, stable, target } = service;
  const used = new Set([stable, target, service.rollout?.from, service.rollout?.to]);
  for (const taskId of state.serviceTasks.of(serviceId)) used.add(state.task(taskId).owner?.revision);
  const numbers = state
    .revisionsOf(serviceId)
    .filter((number) => number <= newest - limits.revisionsKept && !used.has(number));
  return numbers.map((number) => ({ type: "revision.removed", id: revisionId(serviceId, number) }));
}

/** Old replicas are stopped first where the new ones could not start beside them. */
export function orderOf(
  state: ClusterState,
  { order, maxSurge }: RolloutPolicy,
  spec: PackedSpec,
): Pick<Rollout, "order" | "why"> {
  if (order !== "auto") return { order, why: `${order}, as asked for` };
  if (maxSurge === 0) return { order: "stop-first", why: "stop-first: no replica beyond the wanted ones is allowed" };
  const most = spec.placement?.maxPerNode;
  if (most !== undefined) return { order: "stop-first", why: `stop-first: at most ${most} may be on a node` };
  const fixed = spec.containers.flatMap(({ ports = [] }) => ports).find(({ hostPort }) => hostPort !== null);
  if (fixed)
    return { order: "stop-first", why: `stop-first: two replicas cannot have port ${fixed.hostPort} of one node` };
  const volume = singleWriterVolume(state, unpackSpec(spec));
  if (volume !== undefined)
    return { order: "stop-first", why: `stop-first: the volume ${volume} has one writer at a time` };
  return { order: "start-first", why: "start-first" };
}

/** The refusal of a policy by which no rollout could take a step; null if there is none. */
function stuck(state: ClusterState, policy: RolloutPolicy, spec: PackedSpec): Outcome<never> | null {
  const { order, why } = orderOf(state, policy, spec);
  const volume = order === "start-first" ? singleWriterVolume(state, unpackSpec(spec)) : undefined;
  if (volume !== undefined) {
    const message = `with start-first, a new replica waits for the volume ${volume}, which has one writer at a time`;
    return refuse("unprocessable", message, {
      hint: "Stop old ones first (order stop-first), or leave the order out.",
      details: { field: "rollout.order", volume },
    });
  }
  if (order === "start-first" && policy.maxSurge === 0) {
    return refuse("unprocessable", "start-first with maxSurge 0 could never replace a replica", {
      hint: "Allow one more (maxSurge 1), or stop old ones first (order stop-first).",
      details: { field: "rollout.maxSurge" },
    });
  }
  if (order === "stop-first" && policy.maxUnavailable === 0) {
    return refuse("unprocessable", `${why}, and with maxUnavailable 0 no old replica may stop`, {
      hint: "Allow one to be missing (maxUnavailable 1), or leave maxUnavailable out.",
      details: { field: "rollout.maxUnavailable" },
    });
  }
  return null;
}

/** The refusal of volumes that the replicas cannot have; null if they can. */
function refusedVolumes(state: ClusterState, packed: PackedSpec, mode: Service["mode"]): Outcome<never> | null {
  const spec = unpackSpec(packed);
  // A global service has several as soon as there are several nodes.
  const replicas = mode.type === "global" ? 2 : mode.replicas;
  return refuseVolumes(state, spec) ?? refuseSharedWriter(state, replicas, spec);
}

/** The refusal of a rule that no node could ever keep; null if there is none. */
function refusedPlacement({ name, placement }: ParsedServiceInput): Outcome<never> | null {
  const isNear = placement?.near?.includes(name) ?? false;
  if (!isNear && !(placement?.apart?.some((service) => placement.near?.includes(service)) ?? false)) return null;
  const what = isNear
    ? `the service ${name} would have to be near itself`
    : "it would be near and apart from one service";
  return refuse("unprocessable", `${what}, so that no node fits`, {
    hint: isNear ? "To keep its replicas on one node, write a constraint: node==NAME." : "Leave one of the two out.",
    details: { field: "placement.near" },
  });
}

/** What is left out stays as it is. `before`: null for a new service. */
function modeOf(before: Service["mode"] | null, input: ParsedServiceInput): Outcome<Service["mode"]> {
  const type = input.mode ?? before?.type ?? "replicated";
  if (type === "replicated") {
    const kept = before?.type === "replicated" ? before.replicas : 1;
    return ok({ type, replicas: input.replicas ?? kept });
  }
  if (input.replicas === undefined) return ok({ type });
  return refuse("unprocessable", `the service ${input.name} is global: the nodes say how many replicas it has`, {
    hint: "Leave replicas out, or make it replicated (mode replicated).",
    details: { field: "replicas" },
  });
}

function policyOf(before: RolloutPolicy, { rollout = {} }: ParsedServiceInput): RolloutPolicy {
  const given = Object.fromEntries(Object.entries(rollout).filter(([, value]) => value !== undefined));
  return { ...before, ...given };
}

/** Services keep their replicas running, unless another policy is asked for. */
function specOf(state: ClusterState, { restartPolicy, ...input }: ParsedServiceInput): Outcome<PackedSpec> {
  const policy = restartPolicy ?? parseRestartPolicy("always");
  const spec = packSpec(unpackSpec(specOfInput({ ...input, restartPolicy: policy })));
  const resolved = resolveContents(state, spec);
  return resolved.ok ? ok(state.sharing.packed(resolved.value)) : resolved;
}

export function decideScaleService(
  state: ClusterState,
  { serviceId, replicas }: CommandOf<"scaleService">,
): Outcome<Decision> {
  const found = findService(state, serviceId);
  if (!found.ok) return found;
  const { mode, name, target } = found.value;
  if (mode.type === "global") {
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
  const found = findService(state, serviceId);
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
  const found = findService(state, serviceId);
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
  const found = findService(state, serviceId);
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
