// Revisions of services: how another one becomes the wanted one, and which old ones are dropped.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import { limits } from "../../model/limits.ts";
import {
  type PackedRevision,
  type Revision,
  type Rollout,
  type RolloutPolicy,
  revisionId,
  type Service,
  serviceReason,
} from "../../model/service/service.ts";
import type { PackedSpec } from "../../model/task/spec.ts";
import { newRollout } from "../reconcile/service/rollout.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { resolvedIn } from "./image-pins.ts";
import { orderOf } from "./service-rules.ts";

interface NewRevision {
  policy: RolloutPolicy;
  spec: PackedSpec;
  resolved: Pick<PackedRevision, "images">;
  /** See the revision. */
  restarted: number | undefined;
  by: string;
  note: string;
  now: number;
}

/** A revision with this template and the pins of the one before, which is the wanted one then, and the change of the service. */
export function revise(
  state: ClusterState,
  service: Service,
  { images, ...of }: Omit<NewRevision, "policy" | "resolved"> & Pick<Revision, "images">,
): Change[] {
  const { policy, serviceId } = service;
  const { changes, set } = addRevision(state, service, { ...of, policy, resolved: resolvedIn(of.spec, [], images) });
  return [{ type: "service.updated", id: serviceId, set }, ...changes];
}

/** One more revision, which is the wanted one then. */
export function addRevision(
  state: ClusterState,
  service: Service,
  { policy, spec, resolved, restarted, by, note, now }: NewRevision,
): { changes: Change[]; set: Partial<Service> } {
  const { serviceId } = service;
  const number = service.newest + 1;
  const record: PackedRevision = {
    serviceId,
    number,
    spec,
    by,
    at: toTimestamp(now),
    note,
    ...resolved,
    ...(restarted ? { restarted } : {}),
  };
  return {
    changes: [{ type: "revision.created", record }, ...outdated(state, service, number)],
    set: { newest: number, ...towards(state, service, number, policy, spec, now) },
  };
}

/** Another revision is wanted, with the rollout that leads to it. */
export function towards(
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
