// The record kind of schedules.

import type { ScheduleId } from "../ids.ts";
import type { StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { templatedKind } from "../task/templated-kind.ts";
import { type PackedSchedule, packSchedule, type Schedule } from "./schedule.ts";
import type { ScheduleUse, ScheduleView } from "./view.ts";

/** `spec` as the log writes it. */
export type ScheduleUpdate = Partial<Omit<PackedSchedule, "scheduleId" | "name" | "createdAt" | "by">>;

export const scheduleKind = templatedKind<
  ScheduleId,
  Schedule,
  PackedSchedule,
  ScheduleUpdate,
  "schedules",
  StreamForm<Schedule, ScheduleView, "scheduleId" | "name", never, keyof ScheduleUse>
>({
  plural: "schedules",
  position: 6,
  idOf: ({ scheduleId }) => scheduleId,
  pack: packSchedule,
  summary: ({ name, suspended }) => ({ name, status: suspended ? "suspended" : "active", live: !suspended }),
  stream: { removedFields: ["scheduleId", "name"], masterFields: ["active"] },
  loadSchema: async () => (await import("./schema.ts")).scheduleRecord,
  loadViewSchema: async () => (await import("./view-schema.ts")).scheduleView,
  limit: limits.schedules,
  retention: "until it is removed",
});
