// Whether what a service or a job depends on is there: pure, from the records of this moment.

import type { DependencyCondition, Dependent, DependsOn, WaitsFor } from "../../../model/dependency/dependency.ts";
import { hasEnded, type Job } from "../../../model/job/job.ts";
import { hasSelector } from "../../../model/service/selector.ts";
import { type Service, wantedReplicas } from "../../../model/service/service.ts";
import { waitsForDependency } from "../../../model/task/reason.ts";
import { hasFinished, serves, type Task } from "../../../model/task/task.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import { globalNodes } from "../service/global.ts";
import { replicasOf, slotsOf } from "../service/replica.ts";

export type Unmet = Pick<WaitsFor, "name" | "why" | "scope">;

/** What the tasks of the record wait for: all of them, or only what is new. Null if there is nothing. */
export function unmetOf(state: ClusterState, record: Dependent): Unmet | null {
  if (!record.dependsOn || record.dependsOn.length === 0) return null;
  const forAll = firstUnmet(state, record, false);
  if (forAll) return { ...forAll, scope: "all" };
  const forNew = firstUnmet(state, record, true);
  return forNew && { ...forNew, scope: "changes" };
}

/** What keeps a task of this revision from being placed, and a rollout to it from its next step. Null if nothing does. */
export function unmetFor(state: ClusterState, service: Service, revision: number): Omit<Unmet, "scope"> | null {
  return firstUnmet(state, service, revision !== service.stable);
}

/**
 * `isNew`: for what has not served yet. That also waits for jobs to complete, and for the revision that is wanted of another
 * service. What has served before waits only until another service serves at all: a job that is run again says nothing about it.
 */
function firstUnmet(state: ClusterState, { dependsOn = [] }: Dependent, isNew: boolean): Omit<Unmet, "scope"> | null {
  for (const one of dependsOn) {
    const why = whyUnmet(state, one, isNew);
    if (why !== null) return { name: one.name, why };
  }
  return null;
}

/** Null if the dependency is as far as it must be. */
function whyUnmet(state: ClusterState, dependency: DependsOn, isNew: boolean): string | null {
  const { name, condition, required } = dependency;
  if (condition === "completed" && !isNew) return null;
  const service = state.serviceNamed(name);
  if (service) return whyNotService(state, service, condition, isNew);
  const job = state.jobNamed(name);
  if (job) return whyNotJob(state, job, dependency);
  // What has served goes on without one that was removed.
  return required !== false && isNew ? "there is no service or job of this name" : null;
}

function whyNotService(
  state: ClusterState,
  service: Service,
  condition: DependencyCondition,
  isNew: boolean,
): string | null {
  if (hasSelector(service)) return "it selects tasks, and has no replicas of its own";
  // A service that is scaled to 0 is not waited for.
  if (wantedReplicas(service) === 0) return null;
  const which = isNew && service.target !== service.stable ? service.target : null;
  const it = which === null || service.stable === null ? "" : `its revision ${which} is `;
  if (isDone(state, service)) return null;
  if (condition === "completed") return `${it}not completed yet`;
  const tasks = [...state.serviceTasks.of(service.serviceId)].map((taskId) => state.task(taskId));
  const started = tasks.filter((task) => hasStarted(state, task) && (which === null || task.owner!.revision === which));
  if (started.length === 0) return `${it}not started yet`;
  return condition === "started" || started.some(serves) ? null : `${it}unhealthy`;
}

/** True when each slot of the service has done its work: its replica ended with exit code 0, and is not started again. */
function isDone(state: ClusterState, service: Service): boolean {
  const { serviceId, target } = service;
  // Most have none that has ended.
  if (
    !state.serviceTasks
      .of(serviceId)
      .values()
      .some((taskId) => hasFinished(state.task(taskId)))
  )
    return false;
  const replicas = replicasOf(state, serviceId);
  const slots = slotsOf(service, replicas, globalNodes(state, service));
  return slots.length > 0 && slots.every((slot) => slot.isDone(target) && slot.serves(target));
}

function whyNotJob(state: ClusterState, job: Job, { condition, required }: DependsOn): string | null {
  if (job.status === "completed") return null;
  if (hasEnded(job)) return required !== false ? `its job has failed: ${job.reason.message}` : null;
  if (condition === "completed") return "its job has not completed yet";
  const started = [...state.jobTasks.of(job.jobId)]
    .map((taskId) => state.task(taskId))
    .filter((task) => hasStarted(state, task));
  if (started.length === 0) return "not started yet";
  return condition === "started" || started.some(serves) ? null : "unhealthy";
}

/** True between two runs. Of several containers, another one may wait while the task serves. */
function pauses({ reason, ready }: Pick<Task["observed"], "reason" | "ready">): boolean {
  return reason.code === "restarting" || (waitsForDependency(reason) && !ready);
}

/** True for a task that runs and is to stay, on a node that answers: what another one said last may be over by now. */
function hasStarted(state: ClusterState, task: Task): boolean {
  const { observed, desired, placement } = task;
  if (hasFinished(task) || observed.status !== "running" || desired !== "running") return false;
  if (pauses(observed)) return false;
  const node = placement && state.nodes.get(placement.nodeId);
  return (
    node !== null &&
    node !== undefined &&
    node.status === "online" &&
    node.suspect === null &&
    node.engineError === null
  );
}
