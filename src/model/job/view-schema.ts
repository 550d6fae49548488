// The schema of what leaves the master of a job.

import { z } from "zod";
import { jobRecord } from "./schema.ts";

/** What the master adds to the record. */
export const jobUse = z.object({
  active: z.int().min(0).describe("Tasks of it that are unfinished, counted when the answer was made."),
});

export const jobView = jobRecord
  .extend(jobUse.shape)
  .describe("A job: tasks that run to their end until enough of them have succeeded.");
