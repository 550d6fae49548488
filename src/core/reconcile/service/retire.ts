// The end of a replica: one that serves is drained first, so that it leaves the endpoints, and is stopped after that.

import { endOfPause, fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import type { Change } from "../../../model/change.ts";
import { noRequests, type Task } from "../../../model/task/task.ts";
import { stopChange } from "../../commands/task-requests.ts";
import type { Replica } from "./replica.ts";

interface RetireContext {
  /** ms since the epoch. */
  now: number;
  revision: number;
}

/** The change that drains a replica that serves, or stops one that does not. */
export function retireChange(
  { task, available }: Replica,
  drainMs: number,
  context: RetireContext,
  why?: string,
): Change {
  if (!available || drainMs === 0) return stopChange(task, context, why);
  const drainUntil = toTimestamp(context.now + drainMs);
  const message = `${why === undefined ? "" : `${why}: `}gets no new traffic; it is stopped in ${drainMs / 1000} s`;
  return {
    type: "task.updated",
    id: task.taskId,
    set: {
      desired: "draining",
      requests: { ...(task.requests ?? noRequests), drainUntil, drainMs },
      observed: { reason: { code: "draining", message } },
    },
  };
}

/** When a replica that is being drained may be stopped, in ms since the epoch; at or before `now` if that is now. */
export function drainedAt({ requests }: Task, now: number): number {
  const { drainUntil, drainMs = 0 } = requests ?? noRequests;
  return drainUntil ? endOfPause(fromTimestamp(drainUntil), drainMs, now) : 0;
}
