// The handlers of schedules.

import type { scheduleOperations } from "../../../api/operations/schedules.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import type { Command, Granted } from "../../../core/commands/command.ts";
import { resolveJob, resolveSchedule } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import type { ScheduleId } from "../../../model/ids.ts";
import { checkJobInput } from "../../../model/job/check-job.ts";
import type { Origin } from "../../../model/origin.ts";
import type { Outcome } from "../../../model/refusal.ts";
import type { ScheduleView } from "../../../model/schedule/view.ts";
import { viewJob, viewSchedule } from "../job-view.ts";
import type { DurableReads, HandlerContext } from "./context.ts";
import { otherName } from "./jobs.ts";

export function scheduleHandlers(
  { state, loop }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof scheduleOperations> {
  const found = async (reference: string) => resolveSchedule(await reads.durable(), reference);
  const shown = async (outcome: Outcome<Granted>): Promise<Outcome<ScheduleView>> => {
    if (!outcome.ok) return outcome;
    const schedule = await found(outcome.value.scheduleId!);
    return schedule.ok ? ok(viewSchedule(state, schedule.value)) : schedule;
  };
  /** A command on the schedule that the path names. */
  const submit = async (
    { parameters, origin }: { parameters: { id: string }; origin: Origin },
    command: (scheduleId: ScheduleId) => Command,
  ): Promise<Outcome<Granted>> => {
    const schedule = await found(parameters.id);
    return schedule.ok ? loop.submit(command(schedule.value.scheduleId), origin) : schedule;
  };
  return {
    createSchedule: async ({ body, origin }) => {
      const input = checkJobInput(body);
      if (!input.ok) return input;
      const command = { type: "putSchedule", input: input.value, by: origin.name, mustBeNew: true } as const;
      return shown(await loop.submit(command, origin));
    },
    listSchedules: async () => {
      const schedules = [...(await reads.durable()).tables.schedule.values()];
      schedules.sort((left, right) => (left.name < right.name ? -1 : 1));
      return ok(schedules.map((schedule) => viewSchedule(state, schedule)));
    },
    getSchedule: async ({ parameters }) => {
      const schedule = await found(parameters.id);
      return schedule.ok ? ok(viewSchedule(state, schedule.value)) : schedule;
    },
    putSchedule: async ({ body, origin, parameters }) => {
      const input = checkJobInput(body);
      if (!input.ok) return input;
      const { name } = input.value;
      if (name !== parameters.id) {
        const named = await found(parameters.id);
        if (!named.ok || named.value.name !== name) return otherName("schedule", parameters.id, name);
      }
      return shown(await loop.submit({ type: "putSchedule", input: input.value, by: origin.name }, origin));
    },
    deleteSchedule: async (call) => {
      const removed = await submit(call, (scheduleId) => ({ type: "removeSchedule", scheduleId }));
      return removed.ok ? ok(null) : removed;
    },
    suspendSchedule: async (call) =>
      shown(await submit(call, (scheduleId) => ({ type: "suspendSchedule", scheduleId, suspended: true }))),
    resumeSchedule: async (call) =>
      shown(await submit(call, (scheduleId) => ({ type: "suspendSchedule", scheduleId, suspended: false }))),
    triggerSchedule: async (call) => {
      const { name } = call.origin;
      const started = await submit(call, (scheduleId) => ({ type: "triggerSchedule", scheduleId, by: name }));
      if (!started.ok) return started;
      const job = resolveJob(await reads.durable(), started.value.jobId!);
      return job.ok ? ok(viewJob(state, job.value)) : job;
    },
  };
}
