// The answers about jobs and schedules in openapi.json, beside `Job` and `Schedule`, which record-schemas.ts describes.

import { described, type Json, listOf } from "./json-schemas.ts";

export const jobSchemas: Record<string, Json> = {
  JobList: described(listOf({ $ref: "#/components/schemas/Job" }), "Jobs, by name."),
  ScheduleList: described(listOf({ $ref: "#/components/schemas/Schedule" }), "Schedules, by name."),
};
