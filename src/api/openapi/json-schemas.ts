// Building blocks of the schemas in openapi.json.

import { z } from "zod";

export type Json = Record<string, unknown>;

/** What a client may send, as JSON Schema. */
export function inputSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  return rest;
}

/** What an answer holds, as JSON Schema: without the bounds that any integer has, and open to fields of later releases. */
export function answerSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override({ jsonSchema }) {
      delete jsonSchema.default;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  }) as Json;
  return rest;
}

export const text: Json = { type: "string" };
export const time: Json = { type: "string", format: "date-time" };
export const whole: Json = { type: "integer" };
export const truth: Json = { type: "boolean" };

export function nullable(type: string, more: Json = {}): Json {
  return { type: [type, "null"], ...more };
}

export function listOf(items: Json): Json {
  return { type: "array", items };
}

export function described(schema: Json, description: string): Json {
  return { ...schema, description };
}

/** An object whose fields are always there. */
export function record(properties: Record<string, Json>, description?: string): Json {
  const schema = { type: "object", required: Object.keys(properties), properties };
  return description === undefined ? schema : described(schema, description);
}
