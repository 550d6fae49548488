// podling job logs: the output of a job's tasks.

import { limits } from "../../../model/limits.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import { patienceMs } from "../task/wait-task.ts";
import { followJob } from "./follow-job.ts";
import { jobOrSchedule } from "./job-or-schedule.ts";

export const logs: Command = {
  name: "job logs",
  summary: "Show the output of a job's tasks",
  usage: "JOB [flags]",
  description: [
    "The output of one task after the other, in the order of their starts, also of those that failed. With -f it goes on until the job has ended. Of a schedule, it is the job that was started last.",
  ],
  arguments: { name: "JOB", min: 1, max: 1, completes: "jobs" },
  flags: [
    { long: "follow", short: "f", description: "follow the output until the job has ended" },
    { long: "index", value: "N", description: "only the tasks of this index" },
    { long: "tail", short: "n", value: "LINES", description: "only this many lines from the end of each task, or all" },
    { long: "timestamps", short: "t", description: "start each line with its time" },
  ],
  examples: [
    ["podling job logs -f import", "follow"],
    ["podling job logs import --index 3", "what ran as index 3"],
  ],
  async run(context) {
    const { flags, words } = context;
    const lines = flags.text("tail");
    if (lines !== undefined && lines !== "all" && !/^\d+$/.test(lines))
      throw new UsageError(`-n ${lines}: expected a number of lines, or all`, "Write -n 20, or -n all.");
    const index = flags.integer("index", 0, limits.jobCompletions);
    const jobId = await newestJob(context, words[0]!);
    if (index !== undefined) await checkIndex(context, jobId, index);
    const follow = flags.has("follow");
    await followJob(context, jobId, {
      follow,
      tail: lines === "all" ? undefined : lines,
      timestamps: flags.has("timestamps"),
      index,
      timeoutMs: patienceMs,
    });
    return exitCodes.done;
  },
};

/** The id of the job, or of the one that the schedule has started last. */
async function newestJob(context: Context, id: string): Promise<string> {
  const found = await jobOrSchedule(context, id);
  if ("jobId" in found) return found.jobId;
  if (found.lastJobId !== null) return found.lastJobId;
  throw new Failure(`the schedule ${found.name} has started no job yet`, `Start one with: podling job trigger ${id}`);
}

/** An index that no task of the job can have would show nothing, as one that has not run yet does. */
async function checkIndex(context: Context, jobId: string, index: number): Promise<void> {
  const { name, indexed, completions } = await context.call("getJob", { id: jobId });
  if (!indexed) throw new Failure(`the tasks of ${name} have no index`, `Leave --index out: podling job logs ${name}`);
  if (index >= completions)
    throw new Failure(`${name} has no index ${index}`, `Its indexes are 0 to ${completions - 1}.`);
}
