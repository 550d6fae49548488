// The answers about jobs in openapi.json, beside `Job` itself, which record-schemas.ts describes.

import { described, type Json, listOf } from "./json-schemas.ts";

export const jobSchemas: Record<string, Json> = {
  JobList: described(listOf({ $ref: "#/components/schemas/Job" }), "Jobs, by name."),
};
