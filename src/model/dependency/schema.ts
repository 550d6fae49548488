// The schemas of dependencies: what a service or a job waits for. The check of records that come from outside, and the API
// description. A description stands for the comment: openapi.json shows it.

import { z } from "zod";
import { timeText } from "../fields.ts";

const text = z.string();

export const dependencyConditions = ["started", "healthy", "completed"] as const;

export const dependency = z.object({
  name: text.describe("A service or a job of the cluster."),
  condition: z
    .enum(dependencyConditions)
    .describe("started: one of its tasks runs. healthy: one is ready. completed: it has ended with success."),
  required: z
    .literal(false)
    .optional()
    .describe("False: it is not waited for if there is none of this name, or if it has failed. Left out: it is."),
  restart: z
    .literal(true)
    .optional()
    .describe("True: the replicas are restarted after each change of this service. Left out: they are not."),
});

export const waitScopes = ["all", "changes"] as const;

export const dependsOn = z
  .array(dependency)
  .optional()
  .describe("What must be there before a task of it is started. Left out or empty: nothing.");

export const waitsFor = z
  .object({
    name: text.describe("The first dependency that is not as far as it must be."),
    why: text.describe("How far it is."),
    since: timeText.describe("Since when this is waited for, by the master's clock."),
    scope: z
      .enum(waitScopes)
      .describe(
        "all: no task is started. changes: only what is new waits, which is each task of a revision that has not served yet.",
      ),
  })
  .nullable()
  .optional()
  .describe("What is waited for now. Null or left out: nothing.");
