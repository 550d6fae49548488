// podling job run and job create: make a job, and wait for its end or not.

import type { JobView } from "../../../model/job/view.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError, writeError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { formatWait } from "../../render/time.ts";
import { imageFlag } from "../task/flags/run-flags.ts";
import { patienceMs } from "../task/wait-task.ts";
import { jobBody, jobFlags, jobTemplateFlags, refusedJobFlags, scheduleFlags, timingOf } from "./flags.ts";
import { followJob } from "./follow-job.ts";

const again: Flag = {
  long: "again",
  description: "remove a job of this name that has ended; without it, the name must be free",
};

export const run: Command = {
  name: "job run",
  summary: "Run a job, show the output of its tasks, and wait for its end",
  usage: "NAME --image IMAGE [flags] [-- COMMAND ARG ...]",
  description: [
    "The exit code is 0 if the job was completed, 1 if it has failed, and 2 if it has not ended within --timeout. The output of the tasks is shown one task after the other, in the order of their starts.",
    "A task that fails is replaced by another one, after a pause that doubles from 1 s to 6 min with each failure in a row.",
    "Ctrl-C keeps the job. With -d it prints the id at once.",
  ],
  arguments: { name: "NAME", min: 0, max: 1 },
  takesContainerCommand: true,
  imageFlag: { ...imageFlag, short: "i" },
  flags: [
    ...jobFlags,
    again,
    { long: "detach", short: "d", description: "do not wait: print the id when the job is accepted" },
    { long: "timeout", value: "TIME", description: "wait at most this long; then the exit code is 2" },
    ...jobTemplateFlags,
  ],
  outputs: ["table", "json", "name"],
  refused: {
    ...refusedJobFlags,
    "--schedule": "write podling job create NAME --image IMAGE --schedule CRON",
    "-f": "it shows the output of its tasks already; -d does not",
    "--follow": "it shows the output of its tasks already; -d does not",
  },
  examples: [
    ["podling job run migrate --image app:2 -- ./migrate", "one task, and its output"],
    ["podling job run split --image app:2 --completions 20 --indexed", "20 parts, each with its index"],
  ],
  async run(context) {
    const timeoutMs = context.flags.durationMs("timeout") ?? patienceMs;
    const created = await createJob(context);
    if (context.flags.has("detach")) return printed(context, created, exitCodes.done);
    return new Foreground(context, timeoutMs).run(created);
  },
};

export const create: Command = {
  name: "job create",
  summary: "Create a job without waiting for it, or a schedule that starts jobs",
  usage: "NAME --image IMAGE [--schedule CRON] [flags] [-- COMMAND ARG ...]",
  description: [
    "With --schedule, a job is started at each due time. Six fields begin with seconds; @hourly, @daily, @weekly and @monthly are known as well.",
    "After a downtime the newest due time starts one job, and those before it none. A time that a change of the clock leaves out starts its job at the end of the gap; one that comes twice starts one.",
  ],
  arguments: { name: "NAME", min: 0, max: 1 },
  takesContainerCommand: true,
  imageFlag: { ...imageFlag, short: "i" },
  flags: [...jobFlags, again, ...scheduleFlags, ...jobTemplateFlags],
  outputs: ["table", "json", "name"],
  refused: refusedJobFlags,
  examples: [
    ["podling job create import --image app:2 --ttl 1h", "removed an hour after its end"],
    ['podling job create nightly --image app:2 --schedule "0 3 * * *"', "each day at 3:00 in UTC"],
  ],
  async run(context) {
    const timing = timingOf(context.flags);
    if (timing === null) return printed(context, await createJob(context), exitCodes.done);
    if (context.flags.has("again"))
      throw new UsageError("--again is for a job without a schedule", "Remove --again, or --schedule.");
    const body = { ...(await jobBody(context)), ...timing };
    const created = await context.call("createSchedule", { body });
    if (context.output() === "json") await context.outJson(created);
    else await context.out(`${context.output() === "name" ? created.name : created.scheduleId}\n`);
    return exitCodes.done;
  },
};

async function createJob(context: Context): Promise<JobView> {
  const body = await jobBody(context);
  return context.call("createJob", { body, ...(context.flags.has("again") ? { query: { again: "true" } } : {}) });
}

/** stdout gets only the id (or name, or JSON), for scripts. */
async function printed(context: Context, job: JobView, code: number): Promise<number> {
  if (context.output() === "json") await context.outJson(job);
  else await context.out(`${context.output() === "name" ? job.name : job.jobId}\n`);
  return code;
}

/** A run that waits for its job, and handles Ctrl-C. */
class Foreground {
  readonly #context: Context;
  readonly #timeoutMs: number;
  readonly #leave = new AbortController();

  constructor(context: Context, timeoutMs: number) {
    this.#context = context;
    this.#timeoutMs = timeoutMs;
  }

  async run({ jobId, name }: JobView): Promise<number> {
    const context = this.#context;
    const { signal } = this.#leave;
    const timeoutMs = this.#timeoutMs;
    // A second Ctrl-C ends the process.
    const interrupts = context.io.onInterrupt(() => {
      interrupts();
      this.#leave.abort();
    });
    const begun = context.io.clock.elapsed();
    try {
      const job = await followJob(context, jobId, { follow: true, timestamps: false, timeoutMs, signal });
      if (signal.aborted) return await this.#interrupted(name);
      return await report(context, job, context.io.clock.elapsed() - begun);
    } catch (error) {
      if (signal.aborted) return await this.#interrupted(name);
      throw error;
    } finally {
      interrupts();
    }
  }

  async #interrupted(name: string): Promise<number> {
    const context = this.#context;
    await context.err(context.io.stderr.isTty ? "\n" : "");
    await context.say(
      `the job ${name} goes on. Its output: podling job logs -f ${name}. Remove it with: podling job rm ${name}`,
    );
    return exitCodes.interrupted;
  }
}

async function report(context: Context, job: JobView, tookMs: number): Promise<number> {
  const { name, status, reason } = job;
  if (context.output() !== "table") await printed(context, job, exitCodes.done);
  if (status === "completed") return exitCodes.done;
  if (status === "failed") {
    const hint = `Details: podling job inspect ${name}, podling job logs ${name}`;
    await writeError(context.io.stderr, `${name} failed: ${reason.message}`, hint);
    return exitCodes.error;
  }
  await context.say(
    `${name} is still ${status} after ${formatWait(tookMs)}: ${reason.message}. It is kept: podling job logs -f ${name}`,
  );
  return exitCodes.notYet;
}
