// The schema of what leaves the master of a schedule.

import { z } from "zod";
import { scheduleRecord } from "./schema.ts";

/** What the master adds to the record. */
export const scheduleUse = z.object({
  active: z.int().min(0).describe("Jobs of it that have not ended, counted when the answer was made."),
});

export const scheduleView = scheduleRecord
  .extend(scheduleUse.shape)
  .describe("A schedule: starts a job at each due time of a cron expression.");
