// The input for a login to a registry. The password is write-only: a refusal never quotes it.

import { z } from "zod";
import { freeText } from "../fields.ts";
import { limits } from "../limits.ts";

export const credentialInput = z
  .strictObject({
    username: freeText(limits.labelValueLength, "a user of the registry").describe("Who logs in."),
    password: freeText(limits.envValueLength, "a password or a token")
      .meta({ writeOnly: true })
      .describe("The password, or a token that stands for it."),
  })
  .meta({
    description: "A login to a registry.",
    examples: [{ username: "anna", password: "correct horse" }],
  });
