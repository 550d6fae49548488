// Keeps every service true: looks at each one that changed or is due, and makes, drains and stops its replicas. What one look
// decides is in service/plan.ts.

import type { Change } from "../../model/change.ts";
import type { ServiceId } from "../../model/ids.ts";
import { hasSelector } from "../../model/service/selector.ts";
import { revisionId } from "../../model/service/service.ts";
import { packSpec } from "../../model/task/spec.ts";
import { orderOf } from "../commands/service-rules.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { byCreation } from "./by-creation.ts";
import { departureOf } from "./departures.ts";
import { unmetFor } from "./dependency/unmet.ts";
import { placementOn } from "./placement.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";
import { globalNodes, takerOf } from "./service/global.ts";
import { planService } from "./service/plan.ts";
import { replicasOf } from "./service/replica.ts";
import type { ServiceView } from "./service/service-view.ts";

export const services: Reconciler = {
  name: "services",
  run: reconcileServices,
  nextDue: (state, { now }) => state.serviceTasks.queue.nextDue(now),
};

/** A look may be followed by another one for what it has changed: the state of a rollout, then its replicas. */
const looks = 8;

function* reconcileServices(state: ClusterState, context: ReconcileContext): Generator<readonly Change[]> {
  const nameOf = (id: ServiceId) => state.tables.service.get(id)?.name ?? "";
  for (const id of byCreation(state.serviceTasks.queue.ready(context.now), nameOf)) {
    let dueAt: number | null = null;
    for (let look = 0; look < looks; look++) {
      const view = viewOf(state, id);
      if (view === null) break;
      const plan = planService(view, { ...context, lastTaskId: state.cursors.lastTaskId });
      dueAt = plan.dueAt;
      if (plan.changes.length === 0) break;
      yield plan.changes;
      if (look === looks - 1) dueAt = context.now; // there may be more to do
    }
    state.serviceTasks.queue.done(id, dueAt);
  }
}

function viewOf(state: ClusterState, serviceId: ServiceId): ServiceView | null {
  const service = state.tables.service.get(serviceId);
  if (!service || hasSelector(service)) return null;
  const revisionOf = (number: number) => state.record("revision", revisionId(serviceId, number));
  // Rules of placement count a task with those of its service, whatever its slot.
  const anyReplica = { name: `${service.name}.0`, owner: { kind: "service", id: serviceId, slot: "0" } };
  return {
    service,
    replicas: replicasOf(state, serviceId),
    departure: ({ task }) => departureOf(state, task),
    waits: (number) => unmetFor(state, service, number) !== null,
    placeOn: (nodeId, number, context) => {
      // A task that is placed at once would not wait for what it depends on.
      if (unmetFor(state, service, number) !== null) return null;
      return placementOn(state, nodeId, { spec: revisionOf(number).spec, ...anyReplica }, context);
    },
    revision: revisionOf,
    nodes: globalNodes(state, service),
    order: (number) => orderOf(state, service.policy, packSpec(revisionOf(number).spec)),
    mayRun: (number, nodeId) => takerOf(state, service, number)(state.schedule.nodeInfo(nodeId)),
  };
}
