// Who depends on which service or job, by name, and which of these have to be looked at because something that they depend on
// has changed. In a cluster without dependencies it does nothing.

import type { Dependent } from "../../../model/dependency/dependency.ts";
import type { JobId, ServiceId } from "../../../model/ids.ts";
import type { Job } from "../../../model/job/job.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Service } from "../../../model/service/service.ts";
import { waitsForDependency } from "../../../model/task/reason.ts";
import type { Task, TaskOwner } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { IdSets } from "./id-sets.ts";
import { WorkQueue } from "./work-queue.ts";

export type DependentId = ServiceId | JobId;

export class Dependents implements Index<Task> {
  readonly #byName = new IdSets<string, DependentId>();
  readonly #all = new Set<string>();
  readonly #nameOf: (owner: TaskOwner) => string | undefined;
  readonly queue = new WorkQueue<DependentId>();

  /** `nameOf`: of the service or the job; undefined if it is gone. */
  constructor(nameOf: (owner: TaskOwner) => string | undefined) {
    this.#nameOf = nameOf;
  }

  /** True when something depends on something. */
  get any(): boolean {
    return this.#all.size > 0;
  }

  moved(before: Task | null, after: Task | null): void {
    if (!this.any) return;
    const { owner } = (after ?? before)!;
    if (owner === null) return;
    const [was, is] = [standingOf(before), standingOf(after)];
    if (was === is) return;
    // A task that waits for its node, or no longer: it may have to wait for something else.
    if (this.#all.has(owner.id) && after?.observed.status === "pending") this.queue.add(owner.id as DependentId);
    this.#touch(owner);
  }

  serviceMoved(before: Service | null, after: Service | null): void {
    const { serviceId, name } = (after ?? before)!;
    const isSame =
      before !== null &&
      after !== null &&
      before.dependsOn === after.dependsOn &&
      before.stable === after.stable &&
      before.target === after.target &&
      before.rollout === after.rollout &&
      before.paused === after.paused &&
      before.mode === after.mode;
    if (!isSame) this.#recordMoved(serviceId, name, before, after);
  }

  jobMoved(before: Job | null, after: Job | null): void {
    const { jobId, name } = (after ?? before)!;
    const isSame =
      before !== null && after !== null && before.dependsOn === after.dependsOn && before.status === after.status;
    if (!isSame) this.#recordMoved(jobId, name, before, after);
  }

  /** `tasks`: those that are placed on the node. What runs on a node that does not answer counts for nothing. */
  nodeMoved(before: NodeRecord | null, after: NodeRecord | null, tasks: () => readonly Task[]): void {
    if (!this.any || answers(before) === answers(after)) return;
    for (const { owner } of tasks()) if (owner !== null) this.#touch(owner);
  }

  #recordMoved(id: DependentId, name: string, before: Dependent | null, after: Dependent | null): void {
    if (before?.dependsOn !== after?.dependsOn) this.#changeEdges(id, before, after);
    if (this.#all.has(id) || (before?.dependsOn?.length ?? 0) > 0) this.queue.add(id);
    for (const dependent of this.#byName.of(name)) this.queue.add(dependent);
  }

  #changeEdges(id: DependentId, before: Dependent | null, after: Dependent | null): void {
    const [was, is] = [before?.dependsOn ?? [], after?.dependsOn ?? []];
    for (const { name } of was) this.#byName.remove(name, id);
    for (const { name } of is) this.#byName.add(name, id);
    if (is.length > 0) this.#all.add(id);
    else this.#all.delete(id);
  }

  #touch(owner: TaskOwner): void {
    const name = this.#nameOf(owner);
    if (name === undefined) return;
    for (const dependent of this.#byName.of(name)) this.queue.add(dependent);
  }
}

function answers(node: NodeRecord | null): boolean {
  return node !== null && node.status === "online" && node.suspect === null && node.engineError === null;
}

/** Changes when the task counts in another way for what depends on its service or job. */
function standingOf(task: Task | null): string {
  if (task === null) return "";
  const { desired, observed, owner, replacedBy } = task;
  const { code } = observed.reason;
  return `${observed.status} ${desired} ${observed.ready} ${code === "restarting"} ${waitsForDependency(observed.reason)} ${owner?.revision} ${replacedBy !== null}`;
}
