// The dependencies in the input of services, jobs and schedules.

import { z } from "zod";
import { choice, flag, list, name } from "../fields.ts";
import { limits } from "../limits.ts";
import type { DependsOn } from "./dependency.ts";
import { dependencyConditions } from "./schema.ts";

const dependency = z
  .strictObject({
    name: name.describe("A service or a job of the cluster. One that does not exist yet is waited for."),
    condition: choice(dependencyConditions)
      .default("started")
      .describe("started: one of its tasks runs. healthy: one is ready. completed: it has ended with success."),
    required: flag
      .optional()
      .describe("False: it is not waited for if there is none of this name, or if it has failed. Default: true."),
    restart: flag
      .optional()
      .describe("True: the replicas are restarted after each change of this service. Default: false."),
  })
  .transform(
    ({ name, condition, required, restart }): DependsOn => ({
      ...{ name, condition },
      ...(required === false ? { required } : {}),
      ...(restart === true ? { restart } : {}),
    }),
  );

export const dependsOnField = list(dependency, limits.dependencies)
  .refine((all) => new Set(all.map((one) => one.name)).size === all.length, {
    error: "a list that names each service or job once",
  })
  .optional()
  .describe(
    "What must be there before a task of it is started. It is no part of the template. Left out: as it is; an empty list: nothing.",
  );
