// The input for an app: everything that belongs together under one name. Made from compose files by the command line, which sends
// it as JSON; nothing in it is about compose.

import { z } from "zod";
import { contentInput } from "../config/content-input.ts";
import { freeText, list, text } from "../fields.ts";
import { jobInput } from "../job/job-input.ts";
import { limits } from "../limits.ts";
import { expectedOutcome } from "../plan/schema.ts";
import { scheduleInput } from "../schedule/schedule-input.ts";
import { templateInput } from "../service/service-input.ts";
import { volumeInput } from "../volume/volume-input.ts";

/** As the name of a compose project. */
export const appName = text(
  /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/,
  limits.appNameLength,
  "a name of lower-case letters, digits, '-' and '_' that begins and ends with a letter or digit",
);

/** The names are those of the records: shop_web for the service `web` of the app `shop`. */
export const appInput = z
  .strictObject({
    services: list(templateInput, limits.appMembers)
      .default([])
      .describe("Their names begin with the name of the app and _: shop_web."),
    jobs: list(jobInput, limits.appMembers)
      .default([])
      .describe("Run once each; their names begin as those of services."),
    schedules: list(scheduleInput, limits.appMembers).default([]).describe("Their names begin as those of services."),
    volumes: list(volumeInput, limits.appMembers)
      .default([])
      .describe("Made if they are not there. Those that the app no longer names stay."),
    configs: list(contentInput, limits.appMembers)
      .default([])
      .describe("Each gets another version if its content is another one."),
    secrets: list(contentInput, limits.appMembers).default([]).describe("As configs; sealed before they are stored."),
    expectedOutcome,
    source: z
      .strictObject({
        files: list(freeText(4096, "a path"), 100).describe(
          "The files that the app was made from, as they were named.",
        ),
        digest: text(/^[0-9a-f]{64}$/, 64, "a SHA-256 in hexadecimal").describe("SHA-256 of their resolved content."),
      })
      .optional()
      .describe("Where it comes from. For people; nothing depends on it."),
  })
  .meta({
    description:
      "An app: services, jobs, schedules, volumes, configs and secrets that are applied and removed together.",
    examples: [
      {
        services: [{ name: "shop_web", image: "nginx:1.27", replicas: 2, ports: [{ containerPort: 80 }] }],
        volumes: [{ name: "shop_data" }],
      },
    ],
  });

/** Validated and normalised; what was left out is still left out. */
export type ParsedAppInput = z.output<typeof appInput>;

/** As a client sends it. */
export type AppBody = z.input<typeof appInput>;

/** The name of the record of a service, job, schedule, volume, config or secret of the app. */
export function memberName(app: string, name: string): string {
  return `${app}_${name}`;
}
