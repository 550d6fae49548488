// Jobs and schedules as table rows.

import type { JobView } from "../../model/job/view.ts";
import type { ScheduleView } from "../../model/schedule/view.ts";
import type { Colour } from "./style.ts";
import type { Column } from "./table.ts";
import { shortId } from "./tasks.ts";
import { ageOf, formatAge } from "./time.ts";

export function jobColumns(now: number, wide: boolean): Column<JobView>[] {
  const columns: Column<JobView>[] = [
    { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "ID", text: ({ jobId }) => (wide ? jobId : shortId(jobId)) },
    { title: "IMAGE", text: ({ spec }) => spec.containers[0]?.image ?? "-", shrinksTo: 10, drops: 3 },
    { title: "STATUS", text: statusText, colour: statusColour, shrinksTo: 12, cutLast: true },
    { title: "DONE", text: ({ succeeded, completions }) => `${succeeded}/${completions}`, right: true },
    { title: "ACTIVE", text: ({ active }) => String(active), right: true, drops: 1 },
    { title: "FAILED", text: ({ failed }) => String(failed), right: true, drops: 2 },
    { title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true },
  ];
  if (wide) columns.push({ title: "REASON", text: ({ reason }) => reason.message, wraps: true });
  return columns;
}

/** "running", "waiting (back-off)", "failed (deadline-exceeded)" */
function statusText({ status, reason }: JobView): string {
  return status === reason.code || reason.code === "created" ? status : `${status} (${reason.code})`;
}

function statusColour({ status, reason }: JobView): Colour | undefined {
  if (status === "completed") return "green";
  if (status === "failed") return "red";
  return status === "running" && reason.code === "running" ? undefined : "yellow";
}

export function scheduleColumns(now: number, wide: boolean): Column<ScheduleView>[] {
  const columns: Column<ScheduleView>[] = [
    { title: "SCHEDULE", text: ({ name }) => name, shrinksTo: 12 },
    { title: "ID", text: ({ scheduleId }) => (wide ? scheduleId : shortId(scheduleId)) },
    { title: "TIMES", text: ({ cron }) => cron, shrinksTo: 11 },
    { title: "ZONE", text: ({ timezone }) => timezone, shrinksTo: 6 },
    { title: "STATE", text: stateOf, colour: stateColour },
    { title: "NEXT", text: ({ nextDueAt }) => nextText(nextDueAt, now), right: true },
    { title: "LAST", text: ({ lastDueAt }) => (lastDueAt === null ? "-" : ageOf(lastDueAt, now)), right: true },
    { title: "ACTIVE", text: ({ active }) => String(active), right: true, drops: 1 },
    { title: "MISSED", text: ({ missed }) => String(missed), right: true, drops: 2 },
  ];
  if (wide) columns.push({ title: "REASON", text: ({ reason }) => reason.message, wraps: true });
  return columns;
}

function stateOf({ reason }: ScheduleView): string {
  return reason.code;
}

function stateColour({ reason }: ScheduleView): Colour | undefined {
  return reason.code === "waiting" || reason.code === "started" ? undefined : "yellow";
}

/** "in 3h" */
function nextText(nextDueAt: string | null, now: number): string {
  return nextDueAt === null ? "-" : `in ${formatAge(Date.parse(nextDueAt) - now)}`;
}

/** One line on how far a job is, while a command waits for it. */
export function jobProgress({ name, status, succeeded, completions, reason }: JobView): string {
  return `${name}: ${status}, ${succeeded} of ${completions} done, ${reason.message}`;
}
