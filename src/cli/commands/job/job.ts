// podling job: tasks that run to their end until enough of them have succeeded.

import type { JobView } from "../../../model/job/view.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { jobColumns } from "../../render/jobs.ts";
import { each } from "../task/each.ts";
import { logs } from "./job-logs.ts";
import { create, run } from "./job-run.ts";

const some: Arguments = { name: "JOB", min: 1, max: Number.POSITIVE_INFINITY };

const ls: Command = {
  name: "job ls",
  summary: "List jobs",
  usage: "[flags]",
  flags: [{ long: "quiet", short: "q", description: "only ids, one a line" }],
  outputs: ["table", "wide", "json", "name"],
  examples: [["podling job ls", "all jobs, with how far they are"]],
  async run(context) {
    const jobs = await context.call("listJobs");
    if (context.flags.has("quiet")) await context.out(jobs.map(({ jobId }) => `${jobId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(jobs);
    else if (context.output() === "name") await context.out(jobs.map(({ name }) => `${name}\n`).join(""));
    else if (jobs.length === 0 && context.io.stdout.isTty)
      await context.err("no jobs. Run one with: podling job run NAME --image IMAGE\n");
    else await context.outTable(jobColumns(context.masterNow(), context.output() === "wide"), jobs);
    return exitCodes.done;
  },
};

const inspect: Command = {
  name: "job inspect",
  summary: "Show job details as JSON",
  usage: "JOB [JOB ...]",
  description: ["Prints an object for one job, and a list for several."],
  arguments: some,
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling job inspect import", "all details of import"]],
  async run(context) {
    const jobs: JobView[] = [];
    for (const id of context.words) jobs.push(await context.call("getJob", { id }));
    if (context.output() === "name") await context.out(jobs.map(({ name }) => `${name}\n`).join(""));
    else await context.outJson(jobs.length === 1 ? jobs[0] : jobs);
    return exitCodes.done;
  },
};

const suspend: Command = {
  name: "job suspend",
  summary: "Stop the tasks of jobs, and start none until they are resumed",
  usage: "JOB [JOB ...]",
  description: ["What has succeeded stays counted."],
  arguments: some,
  flags: [],
  examples: [["podling job suspend import", "make room for something else"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      const { name } = await context.call("suspendJob", { id });
      await turn;
      await context.out(`${name} suspended\n`);
      return exitCodes.done;
    }),
};

const resume: Command = {
  name: "job resume",
  summary: "Go on with suspended jobs",
  usage: "JOB [JOB ...]",
  description: ["The deadline of a job counts from now."],
  arguments: some,
  flags: [],
  examples: [["podling job resume import", "go on"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      const { name } = await context.call("resumeJob", { id });
      await turn;
      await context.out(`${name} resumed\n`);
      return exitCodes.done;
    }),
};

const rm: Command = {
  name: "job rm",
  summary: "Remove jobs; their tasks are stopped and removed",
  usage: "JOB [JOB ...]",
  arguments: some,
  flags: [],
  examples: [["podling job rm import", "remove import and its tasks"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      await context.call("deleteJob", { id });
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

export const job: CommandGroup = {
  name: "job",
  summary: "Run containers to their end, as many as must succeed",
  commands: [run, create, ls, inspect, logs, suspend, resume, rm],
};
