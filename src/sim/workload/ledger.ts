// What the clients asked for, and what they were answered. The checkers compare it with the truth.

import type { TaskView } from "../../api/views/task.ts";
import type { ServiceId, TaskId } from "../../model/ids.ts";
import type { ServiceView } from "../../model/service/view.ts";

export class Ledger {
  /** Idempotency key -> the task that the first answer named. */
  readonly created = new Map<string, TaskId>();
  /** Keys under which a task was asked for, answered or not. */
  readonly asked = new Set<string>();
  readonly stopped = new Set<TaskId>();
  readonly removed = new Set<TaskId>();
  /** To be removed whatever they do, answered or not. */
  readonly forced = new Set<TaskId>();
  requests = 0;
  unanswered = 0;
  refused = 0;
  /** The newest answer that a client got about each task that it created. */
  readonly known = new Map<TaskId, TaskView>();
  readonly services = new ServiceLedger();
  /** What clients have sent to be restored into each volume, as texts. */
  readonly restored = new Map<string, Set<string>>();
}

export class ServiceLedger {
  /** The highest revision number that an answer named, of each service that an answer named. */
  readonly newest = new Map<ServiceId, number>();
  readonly removed = new Set<ServiceId>();

  answered({ serviceId, newest }: Pick<ServiceView, "serviceId" | "newest">): void {
    this.newest.set(serviceId, Math.max(newest, this.newest.get(serviceId) ?? 0));
  }
}
