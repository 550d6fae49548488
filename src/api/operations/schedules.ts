// The operations on schedules.

import type { JobView } from "../../model/job/view.ts";
import type { ScheduleView } from "../../model/schedule/view.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, findScheduleRefusals, writeRefusals } from "./refusals.ts";

const refusals = [...findScheduleRefusals, ...writeRefusals] as const;

export const scheduleOperations = {
  createSchedule: operation<ScheduleView>()({
    method: "POST",
    path: "/api/v1/schedules",
    summary: "Create a schedule. Its first job is started at the next due time.",
    access: "write",
    body: "ScheduleInput",
    status: 201,
    media: json,
    answer: "Schedule",
    refusals: [...bodyRefusals, "name-taken", ...writeRefusals],
  }),
  listSchedules: operation<ScheduleView[]>()({
    method: "GET",
    path: "/api/v1/schedules",
    summary: "List schedules, by name.",
    access: "read",
    status: 200,
    media: json,
    answer: "ScheduleList",
    refusals: [],
  }),
  getSchedule: operation<ScheduleView>()({
    method: "GET",
    path: "/api/v1/schedules/{id}",
    summary: "One schedule, by id, unique prefix or name.",
    access: "read",
    status: 200,
    media: json,
    answer: "Schedule",
    refusals: [...findScheduleRefusals],
  }),
  putSchedule: operation<ScheduleView>()({
    method: "PUT",
    path: "/api/v1/schedules/{id}",
    summary:
      "Make the schedule of this name what the body says, and create it if there is none. Jobs that run go on as they are; the same body again changes nothing.",
    access: "write",
    body: "ScheduleInput",
    status: 200,
    media: json,
    answer: "Schedule",
    refusals: [...bodyRefusals, "name-taken", ...writeRefusals],
  }),
  deleteSchedule: operation<null>()({
    method: "DELETE",
    path: "/api/v1/schedules/{id}",
    summary: "Remove a schedule with its jobs; their tasks are stopped and removed.",
    access: "write",
    status: 204,
    media: "none",
    answer: "Any",
    refusals,
  }),
  suspendSchedule: operation<ScheduleView>()({
    method: "POST",
    path: "/api/v1/schedules/{id}/suspend",
    summary: "Start no job until the schedule is resumed. Jobs that run go on.",
    access: "write",
    status: 200,
    media: json,
    answer: "Schedule",
    refusals,
  }),
  resumeSchedule: operation<ScheduleView>()({
    method: "POST",
    path: "/api/v1/schedules/{id}/resume",
    summary: "Go on with a suspended schedule. What was due meanwhile is not made up for.",
    access: "write",
    status: 200,
    media: json,
    answer: "Schedule",
    refusals,
  }),
  triggerSchedule: operation<JobView>()({
    method: "POST",
    path: "/api/v1/schedules/{id}/trigger",
    summary: "Start a job of the schedule now, whatever else runs.",
    access: "write",
    status: 201,
    media: json,
    answer: "Job",
    refusals,
  }),
} as const;
