// The answers about apps in openapi.json, beside `App` itself, which record-schemas.ts describes.

import { answerSchema, described, type Json, listOf } from "./json-schemas.ts";

export async function appSchemas(): Promise<Record<string, Json>> {
  const { appRevision } = await import("../../model/app/schema.ts");
  const { appApplied, appRemoval } = await import("../../model/app/view-schema.ts");
  return {
    AppList: described(listOf({ $ref: "#/components/schemas/App" }), "Apps, by name."),
    AppApplied: described(answerSchema(appApplied), "An app after it was applied, and what became of its members."),
    AppRemoval: answerSchema(appRemoval),
    AppRevisionList: described(listOf({ $ref: "#/components/schemas/AppRevision" }), "Revisions, the oldest first."),
    AppRevision: withBodies(
      described(
        answerSchema(appRevision),
        "What an app was to be at one time. It never changes, and has no content of a config or secret.",
      ),
    ),
  };
}

/** What was sent is shown as it was sent. */
function withBodies(schema: Json): Json {
  const bodies = { services: "ServiceInput", jobs: "JobInput", schedules: "ScheduleInput", volumes: "VolumeInput" };
  const properties = { ...(schema.properties as Record<string, Json>) };
  for (const [list, body] of Object.entries(bodies))
    properties[list] = { ...properties[list], items: { $ref: `#/components/schemas/${body}` } };
  return { ...schema, properties };
}
