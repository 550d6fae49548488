// The schemas of secrets: the check of records that come from outside, and the API description. A description stands for the
// comment: openapi.json shows it.

import { z } from "zod";
import { versionFields } from "../config/schema.ts";

const text = z.string();

/** See lib/sealed.ts. */
export const sealedText = z.object({ keyId: text, nonce: text, text });

export const secretView = z
  .object({ name: text.describe("Unique among secrets."), ...versionFields })
  .describe("A version of a secret. No answer has its content.");

export const keyReport = z
  .object({
    status: z
      .enum(["unused", "present", "missing", "other"])
      .describe("unused: nothing is sealed; other: the key is another one than that which sealed the secrets."),
    sealed: z.int().min(0).describe("How many versions of secrets, and logins to registries, are sealed."),
    place: text.nullable().describe("The file of the key; null if there is none."),
    message: text.describe("For people."),
  })
  .describe("Whether the master has the key that its secrets are sealed with.");

export const secret = secretView.extend({ sealed: sealedText });
