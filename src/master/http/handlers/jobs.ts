// The handlers of jobs.

import type { jobOperations } from "../../../api/operations/jobs.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import type { Command } from "../../../core/commands/command.ts";
import { resolveJob, resolveSchedule } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import type { JobId } from "../../../model/ids.ts";
import { checkJobInput } from "../../../model/job/check-job.ts";
import { hasEnded } from "../../../model/job/job.ts";
import type { JobView } from "../../../model/job/view.ts";
import { limits } from "../../../model/limits.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { viewTask } from "../../../model/task/view.ts";
import { viewJob } from "../job-view.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

export function jobHandlers(
  { state, loop, watchers }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof jobOperations> {
  const found = async (reference: string) => resolveJob(await reads.durable(), reference);
  const shown = async (outcome: Outcome<JobId>): Promise<Outcome<JobView>> => {
    if (!outcome.ok) return outcome;
    const job = await found(outcome.value);
    return job.ok ? ok(viewJob(state, job.value)) : job;
  };
  const submit = async (command: Command, origin: Origin): Promise<Outcome<JobId>> => {
    const outcome = await loop.submit(command, origin);
    return outcome.ok ? ok(outcome.value.jobId!) : outcome;
  };
  /** A command on the job that the path names, answered with the job as it is afterwards. */
  const change = async (
    { parameters, origin }: { parameters: { id: string }; origin: Origin },
    command: (jobId: JobId) => Command,
  ): Promise<Outcome<JobView>> => {
    const job = await found(parameters.id);
    return job.ok ? shown(await submit(command(job.value.jobId), origin)) : job;
  };
  return {
    createJob: async ({ body, origin, query }) => {
      const input = checkJobInput(body);
      if (!input.ok) return input;
      const { again = false } = query;
      return shown(
        await submit({ type: "putJob", input: input.value, by: origin.name, mustBeNew: true, again }, origin),
      );
    },
    listJobs: async ({ query }) => {
      const schedule = query.schedule === undefined ? null : resolveSchedule(await reads.durable(), query.schedule);
      if (schedule?.ok === false) return schedule;
      const scheduleId = schedule?.value.scheduleId;
      const jobs = [...(await reads.durable()).tables.job.values()].filter(
        (job) => scheduleId === undefined || job.schedule?.scheduleId === scheduleId,
      );
      jobs.sort((left, right) => (left.name < right.name ? -1 : 1));
      return ok(jobs.map((job) => viewJob(state, job)));
    },
    getJob: async (call) => {
      const job = await found(call.parameters.id);
      if (!job.ok || call.query.wait === undefined) return job.ok ? ok(viewJob(state, job.value)) : job;
      call.mayTakeLong();
      const timeoutMs = Math.min(call.query.timeout ?? limits.waitDefaultMs, limits.waitMaxMs);
      const { jobId } = job.value;
      const ended = await watchers.waitForJob(jobId, hasEnded, timeoutMs, call.signal);
      return ended ? ok(viewJob(state, ended)) : shown(ok(jobId));
    },
    putJob: async ({ body, origin, parameters }) => {
      const input = checkJobInput(body);
      if (!input.ok) return input;
      const { name } = input.value;
      if (name !== parameters.id) {
        const named = await found(parameters.id);
        if (!named.ok || named.value.name !== name) return otherName("job", parameters.id, name);
      }
      const put = await submit({ type: "putJob", input: input.value, by: origin.name }, origin);
      const job = await shown(put);
      if (!put.ok || job.ok) return job;
      return refuse("job-not-found", `the job ${name} had ended, and was removed: its time to live is over`, {
        hint: `Run it again with: podling job run ${name} --image IMAGE`,
      });
    },
    deleteJob: async ({ parameters, origin }) => {
      const job = await found(parameters.id);
      if (!job.ok) return job;
      const removed = await submit({ type: "removeJob", jobId: job.value.jobId }, origin);
      return removed.ok ? ok(null) : removed;
    },
    suspendJob: (call) => change(call, (jobId) => ({ type: "suspendJob", jobId, suspended: true })),
    resumeJob: (call) => change(call, (jobId) => ({ type: "suspendJob", jobId, suspended: false })),
    listJobTasks: async ({ parameters }) => {
      const job = await found(parameters.id);
      if (!job.ok) return job;
      const taskIds = [...state.jobTasks.allOf(job.value.jobId)].sort();
      return ok(taskIds.map((taskId) => viewTask(state.task(taskId))));
    },
  };
}

export function otherName(kind: string, inPath: string, inBody: string): Outcome<never> {
  return refuse("unprocessable", `the path names the ${kind} ${inPath}, and the body ${inBody}`, {
    hint: `Write the same name in both: a ${kind} keeps its name.`,
    details: { field: "name" },
  });
}
