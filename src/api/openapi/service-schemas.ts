// The answers about services in openapi.json, beside `Service` itself, which record-schemas.ts describes.

import { answerSchema, described, type Json, listOf } from "./json-schemas.ts";

export async function serviceSchemas(): Promise<Record<string, Json>> {
  const { revisionRecord } = await import("../../model/service/schema.ts");
  const { endpointList } = await import("../../model/service/view-schema.ts");
  return {
    ServiceList: described(listOf({ $ref: "#/components/schemas/Service" }), "Services, by name."),
    RevisionList: described(listOf({ $ref: "#/components/schemas/Revision" }), "Revisions, the oldest first."),
    EndpointList: answerSchema(endpointList),
    Revision: described(answerSchema(revisionRecord), "What a service was to be at one time. It never changes."),
  };
}
