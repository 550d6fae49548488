// Applies a service with a selector: makes or changes its record. It owns no replicas, so that nothing is rolled out.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import { newServiceId } from "../../model/ids.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { hasSelector } from "../../model/service/selector.ts";
import type { ParsedSelectorInput } from "../../model/service/selector-input.ts";
import { selectorText } from "../../model/service/selector-text.ts";
import { defaultPolicy, type Service, serviceReason } from "../../model/service/service.ts";
import { defaultNamespace } from "../../model/task/pod-input.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { nameTaken } from "./service-rules.ts";

type PutSelector = Extract<Command, { type: "putSelector" }>;

/** Makes the service what the input says: nothing happens if it is that already. */
export function decidePutSelector(
  state: ClusterState,
  { input, mustBeNew = false }: PutSelector,
  { now, random }: DecisionContext,
): Outcome<Decision> {
  const existing = state.serviceNamed(input.name);
  if (existing && mustBeNew) return nameTaken(existing);
  if (existing && !hasSelector(existing)) return refuseSelector(existing);
  const wanted = fieldsOf(input);
  if (!existing) {
    const record: Service = {
      ...{ serviceId: newServiceId(now, random), name: input.name, mode: { type: "selector" } },
      ...{ target: 0, stable: null, newest: 0, policy: defaultPolicy, rollout: null, paused: false },
      ...{ createdAt: toTimestamp(now), ...wanted },
    };
    return ok({ changes: [{ type: "service.created", record }], granted: { serviceId: record.serviceId } });
  }
  const { serviceId } = existing;
  const changed = Object.entries(wanted).filter(([field, value]) => !same(value, existing[field as keyof Service]));
  if (changed.length === 0) return ok({ changes: [], granted: { serviceId } });
  const set = Object.fromEntries(changed);
  return ok({ changes: [{ type: "service.updated", id: serviceId, set }], granted: { serviceId } });
}

/** Each has a value: an update could not take one away. */
function fieldsOf({
  selector,
  namespace = defaultNamespace,
  ports = [],
  labels = {},
  annotations = {},
}: ParsedSelectorInput) {
  const selected = ports.map(({ targetPort, ...one }) => ({ ...one, targetPort: targetPort ?? one.port }));
  const among = namespace === defaultNamespace ? "" : ` in the namespace ${namespace}`;
  const reason = serviceReason("selecting", `tasks with ${selectorText(selector)}${among} are its endpoints`);
  return { selector, namespace, ports: selected, labels, annotations, reason };
}

function refuseSelector({ name, serviceId }: Service): Outcome<never> {
  return refuse("unprocessable", `selector: the service ${name} has replicas of its own, and keeps them`, {
    hint: `Choose another name, or remove the service first, with its replicas: podling service rm ${name}`,
    details: { field: "selector", serviceId, name },
  });
}

/** The refusal of a template for a service that selects; null if it has replicas. */
export function refuseTemplate(service: Service): Outcome<never> | null {
  if (!hasSelector(service)) return null;
  const { name, serviceId } = service;
  return refuse("unprocessable", `image: the service ${name} selects tasks and has no replicas of its own`, {
    hint: `Choose another name, or remove the service first, which stops no task: podling service rm ${name}`,
    details: { field: "image", serviceId, name },
  });
}

/** The refusal of what only a service with replicas can do; null if it has replicas. `verb`: what was asked for. */
export function refuseForSelector(service: Service, verb: string): Outcome<never> | null {
  if (!hasSelector(service)) return null;
  const { name, serviceId } = service;
  return refuse("unprocessable", `the service ${name} selects tasks and has no replicas of its own to ${verb}`, {
    hint: `Whose tasks they are: podling service ps ${name}. To ${verb} them, name their own service.`,
    details: { serviceId, name },
  });
}
