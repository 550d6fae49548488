// podling job update: changes a schedule, or the pace and the limits of a job, and says what has changed.

import type { BodyInput } from "../../../api/operations/operations.ts";
import type { JobTemplate } from "../../../model/job/job.ts";
import type { JobView } from "../../../model/job/view.ts";
import type { Timing } from "../../../model/schedule/schedule.ts";
import type { ScheduleView } from "../../../model/schedule/view.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { changedFields } from "../../render/changed-fields.ts";
import { changedTemplate } from "../task/changed-template.ts";
import { taskBody } from "../task/task-input.ts";
import { givenTiming, jobFlags, jobTemplateFlags, numbersOf, refusedJobFlags, scheduleFlags } from "./flags.ts";
import { jobOrSchedule } from "./job-or-schedule.ts";

/** The fields that an update sets. Others change by themselves, such as the number of failed tasks. */
const settable: Readonly<Record<keyof JobTemplate | keyof Timing, true>> = {
  ...{ spec: true, completions: true, parallelism: true, indexed: true, backoffLimit: true, deadlineMs: true },
  ...{ ttlMs: true, dependsOn: true, cron: true, timezone: true, concurrency: true, startDeadlineMs: true, keep: true },
};

export const update: Command = {
  name: "job update",
  summary: "Change a schedule, or the pace and the limits of a job",
  usage: "JOB [flags] [-- COMMAND ARG ...]",
  description: [
    "Only what the flags say changes, and each change is printed. Variables and labels are added to those that there are; a list such as that of -p replaces the one before. The value none takes a --deadline, --ttl or --start-deadline away.",
    "The next job of a schedule is made as it is then; those that run go on as they are. Of a job, --ttl changes, and until it has ended also --parallelism, --backoff-limit and --deadline.",
  ],
  arguments: { name: "JOB", min: 1, max: 1, completes: "jobs" },
  takesContainerCommand: true,
  flags: [...jobFlags.filter(({ long }) => long !== "name"), ...scheduleFlags, ...jobTemplateFlags],
  outputs: ["table", "json", "name"],
  refused: refusedJobFlags,
  examples: [
    ['podling job update nightly --schedule "30 4 * * *" --timezone Europe/Berlin', "another time"],
    ["podling job update nightly --image app:3", "the next job runs another image"],
    ["podling job update import --parallelism 8", "a job that runs goes on faster"],
  ],
  async run(context) {
    const before = await jobOrSchedule(context, context.words[0]!);
    const { name } = before;
    const after = await put(context, before);
    if (after === null) {
      await context.say(`${name} has ended, and is removed: its time to live is over`);
      return exitCodes.done;
    }
    if (context.output() === "json") await context.outJson(after);
    else if (context.output() === "name") await context.out(`${name}\n`);
    else {
      const lines = changes(before, after);
      await context.out(lines.map((line) => `${name} ${line}\n`).join(""));
      if (lines.length === 0) await context.say(`${name} is as asked for already: nothing has changed`);
    }
    return exitCodes.done;
  },
};

/** Shows the next due time only after another cron expression or time zone: it also changes whenever a job is due. */
function changes(before: JobView | ScheduleView, after: JobView | ScheduleView): string[] {
  const isTimed = changedFields(before, after, (name) => name === "cron" || name === "timezone").length > 0;
  return changedFields(before, after, (name) => Object.hasOwn(settable, name) || (isTimed && name === "nextDueAt"));
}

/** Null for a job that has ended so long ago that its new time to live is over. */
async function put(context: Context, before: JobView | ScheduleView): Promise<JobView | ScheduleView | null> {
  const { flags } = context;
  const { name } = before;
  const timing = givenTiming(flags);
  const body = await bodyOf(context, before);
  if (!("jobId" in before)) {
    const schedule = { cron: before.cron, ...body, ...timing } as BodyInput<"putSchedule">;
    return context.call("putSchedule", { id: name, body: schedule });
  }
  if (Object.keys(timing).length > 0) {
    const hint = `Create a schedule with: podling job create NAME --image IMAGE --schedule "0 3 * * *"`;
    throw new UsageError(`${name} is a job without a schedule`, hint);
  }
  const changed = await context.try("putJob", { id: name, body: body as BodyInput<"putJob"> });
  if (changed.ok) return changed.value as JobView;
  if (changed.refusal.code === "job-not-found") return null;
  throw context.refused(changed.refusal);
}

/** The template with what the flags change in it, and the numbers that are given. */
async function bodyOf(
  { flags, containerCommand, io }: Context,
  { name, spec }: JobView | ScheduleView,
): Promise<object> {
  const template = await changedTemplate(spec, flags, (image) => taskBody(name, image, flags, containerCommand, io));
  return { ...template, ...numbersOf(flags) };
}
