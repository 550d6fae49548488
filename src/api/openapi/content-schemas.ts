// The answers about configs in openapi.json, beside `Config` itself, which record-schemas.ts describes.

import { answerSchema, described, type Json, listOf } from "./json-schemas.ts";

export async function contentSchemas(): Promise<Record<string, Json>> {
  const { configContent } = await import("../../model/config/schema.ts");
  const { keyReport } = await import("../../model/secret/schema.ts");
  return {
    ConfigList: described(listOf({ $ref: "#/components/schemas/Config" }), "Versions of configs."),
    ConfigContent: answerSchema(configContent),
    SecretList: described(listOf({ $ref: "#/components/schemas/Secret" }), "Versions of secrets."),
    KeyReport: answerSchema(keyReport),
    CredentialList: described(listOf({ $ref: "#/components/schemas/Credential" }), "Logins, by registry."),
  };
}
