// The tasks of each service that its reconciler has to know, and the services that are worth a look: those whose records have
// changed since, and those for which a time has come. A look at any other would change nothing.

import type { ServiceId, TaskId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Service } from "../../../model/service/service.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { DueTimes } from "./due-times.ts";

const none: ReadonlySet<TaskId> = new Set();

export class ServiceTasks implements Index<Task> {
  readonly #tasks = new Map<ServiceId, Set<TaskId>>();
  /** Changed since the last look; also by an undo. */
  readonly #changed = new Set<ServiceId>();
  readonly #global = new Set<ServiceId>();
  readonly #due = new DueTimes<ServiceId>();

  /** Unfinished ones, and those that ended by themselves and that no task replaces; in no order. */
  of(serviceId: ServiceId): ReadonlySet<TaskId> {
    return this.#tasks.get(serviceId) ?? none;
  }

  moved(before: Task | null, after: Task | null): void {
    const owner = (after ?? before)!.owner;
    if (owner === null || owner.kind !== "service") return;
    const id = owner.id as ServiceId;
    const was = before !== null && matters(before);
    const is = after !== null && matters(after);
    if (was || is) this.#changed.add(id);
    if (is && !was) this.#add(id, after.taskId);
    if (was && !is) this.#remove(id, before.taskId);
  }

  serviceMoved(before: Service | null, after: Service | null): void {
    const { serviceId } = (after ?? before)!;
    this.#changed.add(serviceId);
    if (after?.mode.type === "global") this.#global.add(serviceId);
    else this.#global.delete(serviceId);
  }

  /** A global service may gain or lose a slot. */
  nodeMoved(before: NodeRecord | null, after: NodeRecord | null): void {
    if (this.#global.size === 0 || (before && after && areAlike(before, after))) return;
    for (const id of this.#global) this.#changed.add(id);
  }

  /** The node of these tasks began or ended to be drained. */
  nodeChanged(tasks: readonly Task[]): void {
    for (const { owner } of tasks) if (owner?.kind === "service") this.#changed.add(owner.id as ServiceId);
  }

  /** To be looked at now, in order of their ids. */
  toLookAt(now: number): ServiceId[] {
    return [...new Set([...this.#changed, ...this.#due.until(now)])].sort();
  }

  /** It was looked at, and is not before `dueAt` again without a change; null: never. */
  lookedAt(serviceId: ServiceId, dueAt: number | null): void {
    this.#changed.delete(serviceId);
    this.#due.set(serviceId, dueAt);
  }

  nextDue(now: number): number | null {
    return this.#changed.size > 0 ? now : this.#due.first;
  }

  #add(id: ServiceId, taskId: TaskId): void {
    const tasks = this.#tasks.get(id);
    if (tasks) tasks.add(taskId);
    else this.#tasks.set(id, new Set([taskId]));
  }

  #remove(id: ServiceId, taskId: TaskId): void {
    const tasks = this.#tasks.get(id);
    tasks?.delete(taskId);
    if (tasks?.size === 0) this.#tasks.delete(id);
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

function matters(task: Task): boolean {
  return !hasFinished(task) || (task.desired === "running" && task.replacedBy === null);
}
