// What a template and its policy allow: in which order a rollout goes, and the refusals of what could never be kept.

import { type Outcome, refuse } from "../../model/refusal.ts";
import { type Rollout, type RolloutPolicy, type Service, wantedReplicas } from "../../model/service/service.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { type PackedSpec, unpackSpec } from "../../model/task/spec.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { refuseOnEachNode, refuseSharedWriter, refuseVolumes, singleWriterVolume } from "./volumes.ts";

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
export function stuck(state: ClusterState, policy: RolloutPolicy, spec: PackedSpec): Outcome<never> | null {
  const { order, why } = orderOf(state, policy, spec);
  const volume = order === "start-first" ? singleWriterVolume(state, unpackSpec(spec)) : undefined;
  if (volume !== undefined) {
    const message = `with start-first, a new replica waits for the volume ${volume}, which has one writer at a time`;
    return refuse("unprocessable", message, {
      hint: "Stop old ones first (--order stop-first), or leave the order out.",
      details: { field: "rollout.order", volume },
    });
  }
  if (order === "start-first" && policy.maxSurge === 0) {
    return refuse("unprocessable", "start-first with maxSurge 0 could never replace a replica", {
      hint: "Allow one more (--max-surge 1), or stop old ones first (--order stop-first).",
      details: { field: "rollout.maxSurge" },
    });
  }
  if (order === "stop-first" && policy.maxUnavailable === 0) {
    return refuse("unprocessable", `${why}, and with maxUnavailable 0 no old replica may stop`, {
      hint: "Allow one to be missing (--max-unavailable 1), or leave it out.",
      details: { field: "rollout.maxUnavailable" },
    });
  }
  return null;
}

/** The refusal of volumes that the replicas cannot have; null if they can. */
export function refusedVolumes(state: ClusterState, packed: PackedSpec, mode: Service["mode"]): Outcome<never> | null {
  const spec = unpackSpec(packed);
  const replicas = wantedReplicas({ mode });
  const refusal = replicas === null ? refuseOnEachNode(spec) : refuseSharedWriter(state, replicas, spec);
  return refusal ?? refuseVolumes(state, spec);
}

/** The refusal of a rule that no node could ever keep; null if there is none. */
export function refusedPlacement({ name, placement }: ParsedServiceInput): Outcome<never> | null {
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

export function nameTaken({ name, serviceId }: Service): Outcome<never> {
  return refuse("name-taken", `there is a service ${name} already (${serviceId})`, {
    hint: `Change it with: podling service update ${name}. Or choose another name.`,
    details: { serviceId, name },
  });
}
