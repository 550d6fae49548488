// The input for a login to a registry. The password is write-only: a refusal never quotes it.

import { z } from "zod";
import { freeText } from "../fields.ts";
import { limits } from "../limits.ts";

/** In bytes, because a login is sent as bytes. */
function shortText(maxBytes: number, expected: string) {
  return freeText(maxBytes, expected).refine(
    (value) => value.length > maxBytes || Buffer.byteLength(value) <= maxBytes,
    {
      error: `${expected} of at most ${maxBytes} bytes`,
    },
  );
}

export const credentialInput = z
  .strictObject({
    username: shortText(limits.registryUserBytes, "a user of the registry").describe("Who logs in."),
    password: shortText(limits.registryPasswordBytes, "a password or a token")
      .meta({ writeOnly: true })
      .describe("The password, or a token that stands for it."),
  })
  .meta({
    description: "A login to a registry.",
    examples: [{ username: "anna", password: "correct horse" }],
  });
