// The next due time of a schedule. A due time that has started a job starts no second one, also when the clock of the master was
// ahead and is set back. Those that have started none, because the clock went over them, start theirs then.

import { fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import { nextDue } from "../../../lib/cron.ts";
import type { Schedule } from "../../../model/schedule/schedule.ts";

type Handled = Pick<Schedule, "cron" | "timezone" | "createdAt" | "lastDueAt" | "unstarted">;

/** A time in which no due time has started a job, though later ones may have. In ms since the epoch; `to` is not part of it. */
export interface Gap {
  from: number;
  to: number;
}

/** Before the schedule was created it started nothing either: the clock may have been ahead at that time. */
export function gapOf({ unstarted, createdAt }: Pick<Schedule, "unstarted" | "createdAt">): Gap {
  if (!unstarted) return { from: 0, to: fromTimestamp(createdAt) };
  return { from: fromTimestamp(unstarted.from), to: fromTimestamp(unstarted.to) };
}

export function packedGap({ from, to }: Gap): NonNullable<Schedule["unstarted"]> {
  return { from: toTimestamp(from), to: toTimestamp(to) };
}

export function isWithin({ from, to }: Gap, at: number): boolean {
  return from <= at && at < to;
}

/** The first due time after `now` that was not handled yet; null: there is none. */
export function nextUnhandled(schedule: Handled, now: number): number | null {
  const { cron, timezone, lastDueAt } = schedule;
  const last = lastDueAt === null ? now : fromTimestamp(lastDueAt);
  if (now >= last) return nextDue(cron, timezone, now);
  // The clock is behind the newest due time that was handled.
  const gap = gapOf(schedule);
  const next = nextDue(cron, timezone, Math.max(now, gap.from - 1));
  return next !== null && next < gap.to ? next : nextDue(cron, timezone, last);
}
