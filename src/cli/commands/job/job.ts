// podling job: tasks that run to their end until enough of them have succeeded, and schedules that start jobs.

import type { JobView } from "../../../model/job/view.ts";
import type { ScheduleView } from "../../../model/schedule/view.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { jobColumns, scheduleColumns } from "../../render/jobs.ts";
import { refusedListFlags } from "../list-flags.ts";
import { each } from "../task/each.ts";
import { logs } from "./job-logs.ts";
import { act, jobOrSchedule } from "./job-or-schedule.ts";
import { create, run } from "./job-run.ts";
import { update } from "./job-update.ts";

const some: Arguments = { name: "JOB", min: 1, max: Number.POSITIVE_INFINITY, completes: "jobs" };

const ls: Command = {
  name: "job ls",
  summary: "List jobs and schedules",
  usage: "[flags]",
  description: ["Jobs come first, and schedules after them, each by name."],
  flags: [
    { long: "quiet", short: "q", description: "only ids, one a line" },
    { long: "schedule", value: "NAME", description: "only the jobs of this schedule", completes: "schedules" },
    { long: "kind", value: "KIND", description: "only jobs, or only schedules", choices: ["job", "schedule"] },
  ],
  outputs: ["table", "wide", "json", "name"],
  refused: { ...refusedListFlags("podling job ls", "name"), "-a": "the list has all, also jobs that have ended" },
  examples: [
    ["podling job ls", "all jobs, with how far they are, and all schedules"],
    ["podling job ls --schedule nightly", "the jobs of a schedule that are kept"],
  ],
  async run(context) {
    const of = context.flags.text("schedule");
    const kind = context.flags.text("kind");
    if (of !== undefined && kind === "schedule") {
      const hint = `The jobs of a schedule: podling job ls --schedule ${of}. The schedules: podling job ls --kind schedule`;
      throw new UsageError("--schedule lists jobs, and --kind schedule lists none", hint);
    }
    const query = of === undefined ? {} : { query: { schedule: of } };
    const jobs = kind === "schedule" ? [] : await context.call("listJobs", query);
    const schedules = of === undefined && kind !== "job" ? await context.call("listSchedules") : [];
    const all = [...jobs, ...schedules];
    const now = context.masterNow();
    const wide = context.output() === "wide";
    if (context.flags.has("quiet")) await context.out(all.map((one) => `${idOf(one)}\n`).join(""));
    else if (context.output() === "json") await context.outJson(all);
    else if (context.output() === "name") await context.out(all.map(({ name }) => `${name}\n`).join(""));
    else if (all.length === 0 && context.io.stdout.isTty)
      await context.err("no jobs. Run one with: podling job run NAME --image IMAGE\n");
    else {
      if (jobs.length > 0 || schedules.length === 0) await context.outTable(jobColumns(now, wide), jobs);
      if (jobs.length > 0 && schedules.length > 0) await context.out("\n");
      if (schedules.length > 0) await context.outTable(scheduleColumns(now, wide), schedules);
    }
    return exitCodes.done;
  },
};

function idOf(one: JobView | ScheduleView): string {
  return "jobId" in one ? one.jobId : one.scheduleId;
}

const inspect: Command = {
  name: "job inspect",
  summary: "Show details of jobs and schedules as JSON",
  usage: "JOB [JOB ...]",
  description: ["Prints an object for one, and a list for several."],
  arguments: some,
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling job inspect import", "all details of import"]],
  async run(context) {
    const found: (JobView | ScheduleView)[] = [];
    for (const id of context.words) found.push(await jobOrSchedule(context, id));
    if (context.output() === "name") await context.out(found.map(({ name }) => `${name}\n`).join(""));
    else await context.outJson(found.length === 1 ? found[0] : found);
    return exitCodes.done;
  },
};

/** A command that does the same to each job or schedule. */
function acting(
  command: Pick<Command, "name" | "summary" | "description" | "examples">,
  operation: "suspendJob" | "resumeJob",
  done: string,
): Command {
  return {
    ...command,
    usage: "JOB [JOB ...]",
    arguments: some,
    flags: [],
    run: (context) =>
      each(context, context.words, async (id, turn) => {
        const name = await act(context, operation, id);
        await turn;
        await context.out(`${name} ${done}\n`);
        return exitCodes.done;
      }),
  };
}

const suspend = acting(
  {
    name: "job suspend",
    summary: "Stop the tasks of jobs, and start none until they are resumed",
    description: ["What has succeeded stays counted. A suspended schedule starts no job; those that run go on."],
    examples: [["podling job suspend import", "free their capacity for other tasks"]],
  },
  "suspendJob",
  "suspended",
);

const resume = acting(
  {
    name: "job resume",
    summary: "Go on with suspended jobs and schedules",
    description: ["The deadline of a job counts from now. What a schedule has missed meanwhile is not made up for."],
    examples: [["podling job resume import", "go on"]],
  },
  "resumeJob",
  "resumed",
);

const trigger: Command = {
  name: "job trigger",
  summary: "Start a job of schedules now",
  usage: "SCHEDULE [SCHEDULE ...]",
  description: ["Prints the name of the job. It runs beside the others, also if the schedule is suspended."],
  arguments: { name: "SCHEDULE", min: 1, max: Number.POSITIVE_INFINITY, completes: "schedules" },
  flags: [],
  examples: [["podling job trigger nightly", "do not wait until 3:00"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      const { name } = await context.call("triggerSchedule", { id });
      await turn;
      await context.out(`${name}\n`);
      return exitCodes.done;
    }),
};

const rm: Command = {
  name: "job rm",
  summary: "Remove jobs and schedules; their tasks are stopped and removed",
  usage: "JOB [JOB ...]",
  description: ["The jobs of a schedule are removed with it."],
  arguments: some,
  flags: [],
  examples: [["podling job rm import", "remove import and its tasks"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      await act(context, "deleteJob", id);
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

export const job: CommandGroup = {
  name: "job",
  summary: "Run containers to their end, at once or on a schedule",
  commands: [run, create, ls, inspect, logs, update, suspend, resume, trigger, rm],
};
