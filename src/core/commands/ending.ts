// The end of a task: what it was observed to be, and when and in which batch the master learned of it.

import { toTimestamp } from "../../lib/clock.ts";
import type { PackedStatus } from "../../model/task/status.ts";
import type { PackedTaskUpdate } from "../../model/task/task.ts";

/** The update that ends a task. Where `observed` does not say when it finished, it is now. */
export function ending(
  observed: PackedStatus,
  { now, revision }: { now: number; revision: number },
): PackedTaskUpdate & { observed: PackedStatus } {
  const at = toTimestamp(now);
  return { observed: { ...observed, finishedAt: observed.finishedAt ?? at }, ended: { at, revision } };
}
