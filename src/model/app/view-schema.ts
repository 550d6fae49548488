// The schemas of what leaves the master of an app.

import { z } from "zod";
import { timeText } from "../fields.ts";
import { jobStatuses } from "../job/schema.ts";
import { serviceReasons } from "../service/schema.ts";
import { app, memberChange } from "./schema.ts";

const text = z.string();
const count = z.int().min(0);

export const appReasons = [
  "steady", //      every service is
  "deploying", //   a rollout of a service is under way
  "paused", //      so is a service
  "degraded", //    replicas are missing
  "failing", //     a service or a job has failed
  "incomplete", //  a member was removed by other means
  "empty", //       it has no services and no jobs
] as const;

/** What the master adds to the record. */
export const appUse = z.object({
  by: text.describe("Who applied the newest revision, as declared."),
  updatedAt: timeText.describe("When that was."),
  reason: z
    .object({ code: z.enum(appReasons).describe("For programs."), message: text.describe("For people.") })
    .describe("How the app is, from its services and jobs."),
  services: z
    .array(
      z.object({
        serviceId: text.describe("Its id."),
        name: text.describe("Its name, which begins with that of the app."),
        wanted: count.describe("How many replicas there should be."),
        ready: count.describe("How many run and are ready, or have ended as they should."),
        status: z.enum(serviceReasons).describe("The code of the service's reason."),
      }),
    )
    .describe("By name."),
  jobs: z
    .array(
      z.object({
        jobId: text.describe("Its id."),
        name: text.describe("Its name, which begins with that of the app."),
        status: z.enum(jobStatuses).describe("How far it is."),
      }),
    )
    .describe("By name."),
});

export const appView = app
  .extend(appUse.shape)
  .describe("An app: services, jobs, schedules, volumes, configs and secrets that are applied and removed together.");

export const appApplied = appView.extend({
  changes: z.array(memberChange).describe("What became of each member, in the order of kinds and names."),
});

export const appRemoval = z
  .object({
    name: text.describe("The app."),
    changes: z.array(memberChange).describe("What became of each member."),
    volumes: z
      .array(
        z.object({
          name: text.describe("The volume."),
          removed: z.boolean().describe("True when its record is gone."),
          message: text.describe("What became of its data, as a sentence."),
        }),
      )
      .describe("Empty unless volumes were to be removed, too."),
  })
  .describe("What was removed with an app.");
