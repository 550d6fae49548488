// The input for a config: its name and its content.

import { z } from "zod";
import { choice, labels, name } from "../fields.ts";
import { limits } from "../limits.ts";
import { encodings } from "./schema.ts";

/** In base64, four characters stand for three bytes. */
const dataLength = Math.ceil(limits.contentBytes / 3) * 4;

/** `data` is write-only: a refusal never quotes what was sent there. */
const data = z
  .string({ error: "the content as a string" })
  .max(dataLength, { error: `a content of at most ${limits.contentBytes} bytes` })
  .meta({ writeOnly: true })
  .describe("The content, in the encoding that is named.");

const fields = {
  data,
  encoding: choice(encodings).optional().describe("utf8 (the default): data is the content; base64: it is in base64."),
  labels: labels.optional().describe("Left out: none, or those of the version before."),
};

export const contentInput = z
  .strictObject({ name: name.describe("Unique among configs, or among secrets."), ...fields })
  .meta({
    description: "A content under a name. Containers get it as a file, or as an environment variable.",
    examples: [{ name: "app.env", data: "MODE=live\n" }],
  });

export const contentUpdate = z.strictObject(fields).meta({
  description: "The content of the next version.",
  examples: [{ data: "MODE=quiet\n" }],
});

export type ParsedContentInput = z.output<typeof contentInput>;
