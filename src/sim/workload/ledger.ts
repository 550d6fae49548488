// What the clients asked for, and what they were answered. The checkers compare it with the truth.

import type { TaskView } from "../../api/views/task.ts";
import type { TaskId } from "../../model/ids.ts";

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
}
