// Restarts the replicas of a service after each change of another one that it depends on with `restart`: as soon as that change
// serves, and slot by slot, as any rollout.

import type { Change } from "../../../model/change.ts";
import { revisionId, type Service } from "../../../model/service/service.ts";
import { packSpec } from "../../../model/task/spec.ts";
import { revise } from "../../commands/service-revisions.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import { resolveContents } from "../../state/contents.ts";

type StartedAfter = NonNullable<Service["startedAfter"]>;

/** The changes that a look at the service brings; empty if there are none. */
export function restartChanges(state: ClusterState, service: Service, now: number): Change[] {
  const followed = (service.dependsOn ?? []).filter(({ restart }) => restart).map(({ name }) => name);
  const { startedAfter, target, serviceId, newest } = service;
  if (followed.length === 0 || service.paused) return [];
  // It has a revision of its own since then: its replicas are started again anyway, after what it depends on.
  if (startedAfter?.revision !== target) return [noted(service, { revision: target, of: targetsOf(state, followed) })];
  const changed = followed.find((name) => hasChanged(state, name, startedAfter));
  if (changed === undefined) return noteNew(state, service, startedAfter, followed);
  const { spec: current, images } = state.record("revision", revisionId(serviceId, target));
  const of = targetsOf(state, followed);
  const spec = resolveContents(state, packSpec(current), "service");
  if (!spec.ok) return [noted(service, { revision: target, of })];
  const note = `restart: ${changed} has changed`;
  const revised = revise(state, service, {
    ...{ spec: spec.value, images, by: "podling", now, note },
    restarted: newest + 1,
  });
  return [...revised, noted(service, { revision: newest + 1, of })];
}

function noted({ serviceId }: Service, startedAfter: StartedAfter): Change {
  return { type: "service.updated", id: serviceId, set: { startedAfter } };
}

/** Of services that have appeared since then. */
function noteNew(state: ClusterState, service: Service, before: StartedAfter, followed: readonly string[]): Change[] {
  const of = { ...targetsOf(state, followed), ...before.of };
  return Object.keys(of).length === Object.keys(before.of).length ? [] : [noted(service, { ...before, of })];
}

function targetsOf(state: ClusterState, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const target = state.serviceNamed(name)?.target ?? 0;
      return target === 0 ? [] : [[name, target]];
    }),
  );
}

/** True when the other service serves with another revision than that of the time. */
function hasChanged(state: ClusterState, name: string, { of }: StartedAfter): boolean {
  const other = state.serviceNamed(name);
  const before = of[name];
  if (!other || before === undefined || other.rollout !== null) return false;
  return other.target !== before && other.stable === other.target;
}
