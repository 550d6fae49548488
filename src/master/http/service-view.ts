// A service as the API shows it: the record, with the counts of its replicas and the template of the wanted revision.

import { globalNodes } from "../../core/reconcile/service/global.ts";
import { replicasOf, slotsOf } from "../../core/reconcile/service/replica.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { tasksOf } from "../../core/state/tasks-of-service.ts";
import { hasSelector } from "../../model/service/selector.ts";
import { revisionId, type Service, shownTemplate } from "../../model/service/service.ts";
import type { ReplicaCounts, ServiceUse, ServiceView } from "../../model/service/view.ts";
import { serves } from "../../model/task/task.ts";

export function viewService(state: ClusterState, service: Service): ServiceView {
  return { ...service, ...serviceUse(state, service) };
}

/** An earlier event in the watch history may show a service that has been removed since: it has no revision any more. */
export function serviceUse(state: ClusterState, service: Service): ServiceUse {
  const revision = state.tables.revision.get(revisionId(service.serviceId, service.target));
  const template = revision ? shownTemplate(revision.spec) : { containers: [] };
  if (!hasSelector(service)) return { replicas: countsOf(state, service), template };
  const firstForm = { type: "ClusterIP", sessionAffinity: "None", clusterIp: null } as const;
  return { replicas: countsOfSelected(state, service), template, ...firstForm };
}

/** What it selects is what is wanted. */
function countsOfSelected(state: ClusterState, service: Service): ReplicaCounts {
  const tasks = tasksOf(state, service);
  const live = tasks.filter(({ desired }) => desired === "running");
  const serving = live.filter(serves).length;
  const counts = { wanted: live.length, live: live.length, serving, updated: 0, done: 0 };
  return { ...counts, going: tasks.length - live.length };
}

function countsOf(state: ClusterState, service: Service): ReplicaCounts {
  const replicas = replicasOf(state, service.serviceId);
  const serving = replicas.filter(({ available }) => available);
  const nodes = globalNodes(state, service);
  const slots = slotsOf(service, replicas, nodes);
  // A replica that stays on a cordoned node is wanted there.
  const kept = replicas.filter(({ stage, nodeId }) => stage === "live" && nodeId !== null && nodes?.kept.has(nodeId));
  return {
    wanted: slots.length + kept.length,
    serving: serving.length,
    updated: serving.filter(({ revision }) => revision === service.target).length,
    live: replicas.filter(({ stage }) => stage === "live").length,
    done: slots.filter((slot) => slot.isEmpty && slot.isDone(service.target)).length,
    going: replicas.filter(({ stage }) => stage === "going").length,
  };
}
