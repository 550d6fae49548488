// The schemas of logins to registries: the check of records that come from outside, and the API description.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { sealedText } from "../secret/schema.ts";

const text = z.string();

export const credentialView = z
  .object({
    registry: text.describe("Host of the registry, with its port; docker.io for Docker Hub."),
    username: text.describe("Who logs in."),
    createdAt: timeText.describe("When it was stored, by the master's clock."),
    by: text.describe("Who stored it, as declared."),
  })
  .describe("A login to a registry. No answer has its password.");

export const credential = credentialView.extend({ sealed: sealedText });
