// The answer of a plan in openapi.json.

import { answerSchema, type Json } from "./json-schemas.ts";

export async function planSchemas(): Promise<Record<string, Json>> {
  const { plan } = await import("../../model/plan/schema.ts");
  return { Plan: answerSchema(plan) };
}
