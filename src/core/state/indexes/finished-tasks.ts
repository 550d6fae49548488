// Finished tasks in the order in which the master learned of their ends, and those of them that still need a replacement.

import type { TaskId } from "../../../model/ids.ts";
import { isLost } from "../../../model/task/reason.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";
import { SortedIds } from "./sorted-ids.ts";

export class FinishedTasks implements Index<Task> {
  /** Ordered by the revision of the end, then by id. */
  readonly inOrder = new SortedIds<TaskId>();
  /** Tasks that were lost, or stopped to leave their node, and that the reconciler of restarts has not replaced yet; by id. */
  readonly toReplace = new SortedIds<TaskId>();
  /** Those of services that nothing has replaced yet: they decide what their slot gets, and when. */
  readonly undecided = new Set<TaskId>();

  moved(before: Task | null, after: Task | null): void {
    const was = before !== null && hasFinished(before);
    const is = after !== null && hasFinished(after);
    if (!was && !is) return;
    if (was && before.ended?.revision !== after?.ended?.revision) this.inOrder.delete(before.taskId);
    if (is && before?.ended?.revision !== after.ended?.revision) this.inOrder.add(after.taskId, after.ended!.revision);
    if (was && needsReplacement(before)) this.toReplace.delete(before.taskId);
    if (is && needsReplacement(after)) this.toReplace.add(after.taskId, 0);
    if (was) this.undecided.delete(before.taskId);
    if (is && isUndecided(after)) this.undecided.add(after.taskId);
  }
}

/** True when its policy keeps it alive, nothing owns it or replaces it yet, and it was lost or stopped to leave its node. */
function needsReplacement({ observed, desired, owner, replacedBy, spec, requests }: Task): boolean {
  const { mode } = spec.restartPolicy;
  const hasLeft = requests?.replace === true && (mode === "always" || observed.status !== "completed");
  return (
    (hasLeft || (isLost(observed.reason) && observed.status === "failed" && desired === "running")) &&
    owner === null &&
    replacedBy === null &&
    mode !== "never"
  );
}

function isUndecided({ owner, desired, replacedBy }: Task): boolean {
  return owner?.kind === "service" && desired === "running" && replacedBy === null;
}
