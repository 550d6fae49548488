// Whether what services and jobs depend on is there, from the log alone: the checkers count with this, and not with what the
// master's reconciler counts.

import type { DependsOn } from "../../model/dependency/dependency.ts";
import type { Job } from "../../model/job/job.ts";
import { type Service, wantedReplicas } from "../../model/service/service.ts";
import type { Task } from "../../model/task/task.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Truth } from "../run/truth.ts";

export type Owner = Service | Job;

/** The service or the job of a task; undefined if it has none, or that is gone. */
export function ownerOf({ state: { tables } }: Truth, task: Pick<Task, "owner">): Owner | undefined {
  const { kind = "", id = "" } = task.owner ?? {};
  return kind === "service" ? tables.service.get(id) : kind === "job" ? tables.job.get(id) : undefined;
}

/** True for a task of a revision that has not served yet, and for each task of a job. */
export function isNew(owner: Owner, task: Pick<Task, "owner">): boolean {
  return !("stable" in owner) || owner.stable !== task.owner!.revision;
}

/** The first dependency that does not hold, for what is new or for what has served before. Null if all do. */
export function unmet(truth: Truth, { dependsOn = [] }: Owner, forNew: boolean): DependsOn | null {
  return dependsOn.find((one) => !holds(truth, one, forNew)) ?? null;
}

/** True for a task that waits for a dependency which does not hold. */
export function waitsRightly(truth: Truth, { taskId, reason }: Pick<TaskView, "taskId" | "reason">): boolean {
  if (reason.code !== "waiting-for-dependency") return false;
  const task = truth.state.tasks.get(taskId);
  const owner = task && ownerOf(truth, task);
  if (!owner) return false;
  return unmet(truth, owner, task.placement === null && isNew(owner, task)) !== null;
}

function holds(truth: Truth, { name, condition, required }: DependsOn, forNew: boolean): boolean {
  if (condition === "completed" && !forNew) return true;
  const { service: services, job: jobs } = truth.state.tables;
  const service = [...services.values()].find((one) => one.name === name);
  if (service) return serviceHolds(truth, service, condition, forNew);
  const job = [...jobs.values()].find((one) => one.name === name);
  if (!job) return required === false || !forNew;
  if (job.status === "completed" || job.status === "failed") return job.status === "completed" || required === false;
  const up = truth.ownedBy(job.jobId).filter((task) => runs(truth, task));
  return condition === "started" ? up.length > 0 : condition === "healthy" && up.some(({ observed }) => observed.ready);
}

function serviceHolds(truth: Truth, service: Service, condition: DependsOn["condition"], forNew: boolean): boolean {
  if (service.mode.type === "selector") return false;
  if (wantedReplicas(service) === 0) return true;
  const { serviceId, target, stable } = service;
  // Services here keep their replicas running: none of them is ever completed.
  const up = truth
    .ownedBy(serviceId)
    .filter((task) => runs(truth, task) && (!forNew || target === stable || task.owner!.revision === target));
  return condition === "started" ? up.length > 0 : condition === "healthy" && up.some(({ observed }) => observed.ready);
}

function runs(truth: Truth, { observed, desired, placement }: Task): boolean {
  const { status, reason, ready } = observed;
  if (status !== "running" || desired !== "running") return false;
  if (reason.code === "restarting" || (reason.code === "waiting-for-dependency" && !ready)) return false;
  const node = truth.state.nodes.get(placement!.nodeId);
  return node?.status === "online" && node.suspect === null && node.engineError === null;
}
