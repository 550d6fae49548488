// The schemas of configs: the check of records that come from outside, and the API description. A description stands for the
// comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";

const text = z.string();
const count = z.int().min(0);

export const encodings = ["utf8", "base64"] as const;

/** What every version has, whatever its content. */
export const versionFields = {
  version: z.int().min(1).describe("Counts from 1. A version never changes."),
  labels: z.record(text, text).optional().describe("Left out if there are none."),
  createdAt: timeText.describe("When this version was made, by the master's clock."),
  by: text.describe("Who made it, as declared."),
};

const content = {
  data: text.describe("The content, in the encoding that is named."),
  encoding: z.enum(encodings).describe("utf8: data is the content itself; base64: data is the content in base64."),
};

export const configView = z
  .object({
    name: text.describe("Unique among configs."),
    ...versionFields,
    bytes: count.describe("Size of the content."),
  })
  .describe("A version of a config: a file that the master keeps for containers.");

export const config = configView.extend(content);

export const configContent = config.describe("A version of a config, with its content.");
