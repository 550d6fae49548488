// The schemas of apps and their revisions: the check of records that come from outside, and the API description. A description stands
// for the comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { jobInput } from "../job/job-input.ts";
import { scheduleInput } from "../schedule/schedule-input.ts";
import { resolvedImage } from "../service/schema.ts";
import { templateInput } from "../service/service-input.ts";
import { volumeInput } from "../volume/volume-input.ts";

const text = z.string();
const number = z.int().min(1);

export const app = z.object({
  name: text.describe("Unique among apps."),
  revision: number.describe("The newest of its revisions: what the app is to be. Each apply and rollback adds one."),
  createdAt: timeText.describe("By the master's clock."),
  members: z
    .object({
      services: z.array(text).describe("Ids."),
      jobs: z.array(text).describe("Ids. One whose time to live is over is not there any more."),
      schedules: z.array(text).describe("Ids."),
      volumes: z.array(text).describe("Names; also those that the app no longer mentions."),
      configs: z.array(text).describe("Names; also those that are no longer mentioned and still in use."),
      secrets: z.array(text).describe("As configs."),
    })
    .describe("What belongs to the app. No other app may change it."),
});

const contentVersion = z.object({
  name: text.describe("The config or secret."),
  version: number.describe("The version that was the newest then."),
});

export const appSource = z.object({
  files: z.array(text).describe("Their names, as the client knew them."),
  digest: text.describe("SHA-256 of their resolved content."),
});

export const appRevision = z.object({
  app: text.describe("The app."),
  number: number.describe("Counts from 1."),
  by: text.describe("Who applied it, as declared."),
  at: timeText.describe("When, by the master's clock."),
  note: text.describe("What it was for; empty if the client said nothing."),
  source: appSource.optional().describe("The files that it came from. Left out if the client named none."),
  services: z.array(templateInput).describe("By name, as in the request."),
  jobs: z.array(jobInput).describe("By name, as in the request."),
  schedules: z.array(scheduleInput).describe("By name, as in the request."),
  volumes: z.array(volumeInput).describe("By name, as in the request."),
  configs: z.array(contentVersion).describe("By name. Contents are in the records of the versions."),
  secrets: z.array(contentVersion).describe("As configs."),
  images: z.record(text, z.array(resolvedImage)).describe("What tags of images stood for, by the name of the service."),
});

export const memberKinds = ["service", "job", "schedule", "volume", "config", "secret"] as const;
export const memberOutcomes = [
  "created",
  "updated",
  "unchanged",
  "removed",
  "kept", //  no longer mentioned, and there all the same: a volume, or what is still in use
] as const;

export const memberChange = z.object({
  kind: z.enum(memberKinds).describe("The kind of its record."),
  name: text.describe("Its name."),
  id: text.describe("Its id. The name of a volume; NAME.VERSION of a config or secret."),
  change: z.enum(memberOutcomes).describe("What became of it."),
});
