// The end of a task: what it was observed to be, and when and in which batch the master learned of it.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { PackedStatus } from "../../model/task/status.ts";
import type { PackedTaskUpdate, Task } from "../../model/task/task.ts";

/** The changes that end a task: its record is removed as well if that was asked for. */
export function endingChanges({ taskId, requests }: Task, set: PackedTaskUpdate): Change[] {
  const ended: Change = { type: "task.updated", id: taskId, set };
  return requests?.remove ? [ended, { type: "task.removed", id: taskId }] : [ended];
}

/** The update that ends a task. Where `observed` does not say when it finished, it is now. */
export function ending(
  observed: PackedStatus,
  { now, revision }: { now: number; revision: number },
): PackedTaskUpdate & { observed: PackedStatus } {
  const at = toTimestamp(now);
  return { observed: { ...observed, finishedAt: observed.finishedAt ?? at }, ended: { at, revision } };
}
