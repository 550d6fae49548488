// A schedule as it leaves the master: the record, with the count of its unfinished jobs.

import type { z } from "zod";
import type { PackedSchedule } from "./schedule.ts";
import type * as schema from "./view-schema.ts";

export interface ScheduleView extends PackedSchedule, ScheduleUse {}

/** What the master adds to the record. */
export interface ScheduleUse extends Readonly<z.output<typeof schema.scheduleUse>> {}
