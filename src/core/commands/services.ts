// Applies a service: makes or changes its record, and adds a revision for another template. The reconciler makes the replicas.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import type { Change } from "../../model/change.ts";
import { newServiceId } from "../../model/ids.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import {
  defaultPolicy,
  type RolloutPolicy,
  revisionId,
  type Service,
  serviceReason,
} from "../../model/service/service.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { networkApp } from "../../model/task/cluster-network.ts";
import { specOfInput } from "../../model/task/input-spec.ts";
import { parseRestartPolicy } from "../../model/task/restart-policy.ts";
import { type PackedSpec, packSpec, unpackSpec } from "../../model/task/spec.ts";
import { newRollout } from "../reconcile/service/rollout.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { resolveContents, withKeptVersions } from "../state/contents.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { refuseCycle } from "./dependencies.ts";
import { movedImage, resolvedIn } from "./image-pins.ts";
import { refuseTemplate } from "./selectors.ts";
import { addRevision } from "./service-revisions.ts";
import { nameTaken, orderOf, refusedPlacement, refusedVolumes, stuck } from "./service-rules.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** Makes the service what the input says: nothing happens if it is that already. */
export function decidePutService(
  state: ClusterState,
  command: CommandOf<"putService">,
  context: DecisionContext,
): Outcome<Decision> {
  const { input, mustBeNew = false } = command;
  const cycle = refuseCycle(state, input, command.others);
  if (cycle) return cycle;
  const existing = state.serviceNamed(input.name);
  if (existing === undefined) return createService(state, command, context);
  if (mustBeNew) return nameTaken(existing);
  return refuseTemplate(existing) ?? changeService(state, existing, command, context);
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
    ...networkOf(spec),
    ...(input.dependsOn ? { dependsOn: input.dependsOn } : {}),
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
  if (input.dependsOn && !same(input.dependsOn, service.dependsOn)) set.dependsOn = input.dependsOn;
  const { network } = networkOf(spec);
  // A revision that a rollback goes to may want the address that a later one does not: it stays.
  if (network && !same(network, service.network)) set.network = network;
  const changes: Change[] = [];
  const current = state.record("revision", revisionId(serviceId, service.target));
  const resolved = resolvedIn(spec, images, current.images);
  const moved = movedImage(current.images, images);
  if (moved !== undefined || !same(unpackSpec(withKeptVersions(spec, current.spec)), current.spec)) {
    const why = note || (moved === undefined ? "" : `${moved} stands for another image`);
    const { restarted } = current;
    const added = addRevision(state, service, { ...{ policy, spec, resolved, restarted, by, now }, note: why });
    changes.push(...added.changes);
    Object.assign(set, added.set);
  }
  if (Object.keys(set).length > 0) changes.unshift({ type: "service.updated", id: serviceId, set });
  return ok({ changes, granted: { serviceId } });
}

/** The network that a template asks for. */
function networkOf(spec: PackedSpec): Pick<Service, "network"> {
  const app = networkApp(unpackSpec(spec).containers);
  return app === null ? {} : { network: { app } };
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
    hint: "Leave replicas out, or make it replicated (--mode replicated).",
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
  const resolved = resolveContents(state, spec, "service");
  return resolved.ok ? ok(state.sharing.packed(resolved.value)) : resolved;
}
