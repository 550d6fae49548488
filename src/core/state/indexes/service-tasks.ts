// The tasks of each service that its reconciler has to know, and the services that it has to look at.

import type { ServiceId, TaskId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Service } from "../../../model/service/service.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { IdSets } from "./id-sets.ts";
import { WorkQueue } from "./work-queue.ts";

export class ServiceTasks implements Index<Task> {
  readonly #tasks = new IdSets<ServiceId, TaskId>();
  readonly #global = new Set<ServiceId>();
  readonly queue = new WorkQueue<ServiceId>();

  /** Unfinished ones, and those that ended by themselves and that no task replaces; in no order. */
  of(serviceId: ServiceId): ReadonlySet<TaskId> {
    return this.#tasks.of(serviceId);
  }

  moved(before: Task | null, after: Task | null): void {
    const owner = (after ?? before)!.owner;
    if (owner === null || owner.kind !== "service") return;
    const id = owner.id as ServiceId;
    const was = before !== null && matters(before);
    const is = after !== null && matters(after);
    if ((was || is) && !isOnItsWay(before, after)) this.queue.add(id);
    if (is && !was) this.#tasks.add(id, after.taskId);
    if (was && !is) this.#tasks.remove(id, before.taskId);
  }

  serviceMoved(before: Service | null, after: Service | null): void {
    const { serviceId } = (after ?? before)!;
    this.queue.add(serviceId);
    if (after?.mode.type === "global") this.#global.add(serviceId);
    else this.#global.delete(serviceId);
  }

  /** A global service may gain or lose a slot. */
  nodeMoved(before: NodeRecord | null, after: NodeRecord | null): void {
    if (this.#global.size === 0 || (before && after && areAlike(before, after))) return;
    for (const id of this.#global) this.queue.add(id);
  }

  /** The node of these tasks began or ended to be drained. */
  nodeChanged(tasks: readonly Task[]): void {
    for (const { owner } of tasks) if (owner?.kind === "service") this.queue.add(owner.id as ServiceId);
  }
}

/** True when both take the same tasks, as far as that does not depend on free capacity. */
function areAlike(left: NodeRecord, right: NodeRecord): boolean {
  return (
    left.status === right.status &&
    left.schedulable === right.schedulable &&
    left.draining === right.draining &&
    left.engineError === right.engineError &&
    left.hostname === right.hostname &&
    left.version === right.version &&
    left.instance === right.instance &&
    left.labels === right.labels &&
    left.engine === right.engine &&
    left.features === right.features &&
    left.policy === right.policy
  );
}

/** True when only the progress of its start has changed, such as the image that is pulled: nothing follows from that for the service. */
function isOnItsWay(before: Task | null, after: Task | null): boolean {
  if (before?.observed.status !== "scheduled" || after?.observed.status !== "scheduled") return false;
  return (
    before.desired === after.desired &&
    before.owner === after.owner &&
    before.requests === after.requests &&
    before.placement === after.placement &&
    before.replacedBy === after.replacedBy &&
    restartsIn(before) === restartsIn(after)
  );
}

/** Restarts of all containers, with those that users asked for. */
function restartsIn({ observed: { containers } }: Task): number {
  return containers.reduce((sum, { restarts, requestedRestarts }) => sum + restarts + requestedRestarts, 0);
}

function matters(task: Task): boolean {
  return !hasFinished(task) || (task.desired === "running" && task.replacedBy === null);
}
