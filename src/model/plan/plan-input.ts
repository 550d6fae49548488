// The request for a plan: one change, in the words of the request that makes it.

import { z } from "zod";
import { appInput, appName } from "../app/app-input.ts";
import { choice, integer, timeSpan } from "../fields.ts";
import { limits } from "../limits.ts";
import { templateInput } from "../service/service-input.ts";

const reference = z.string().min(1).max(253);
const service = reference.describe("The service: its id, a unique prefix of one, or its name.");
const node = reference.describe("The node: its id, a unique prefix of one, or its name.");

const { expectedOutcome: _, ...appFields } = appInput.shape;

const plannable = {
  putService: templateInput.optional().describe("As PUT /api/v1/services/{id}, for a service with replicas."),
  putApp: z
    .strictObject({ name: appName.describe("Name of the app."), ...appFields })
    .optional()
    .describe("As PUT /api/v1/apps/{id}."),
  rollbackApp: z
    .strictObject({
      app: appName.describe("Name of the app."),
      to: integer(1, Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("Number of the revision. Default: the one before the newest."),
    })
    .optional()
    .describe("As POST /api/v1/apps/{id}/rollback."),
  removeApp: z
    .strictObject({ app: appName.describe("Name of the app.") })
    .optional()
    .describe("As DELETE /api/v1/apps/{id}. Its volumes stay."),
  scale: z
    .strictObject({ service, replicas: integer(0, limits.replicas).describe("How many replicas are wanted.") })
    .optional()
    .describe("As POST /api/v1/services/{id}/scale."),
  rollback: z
    .strictObject({
      service,
      to: integer(1, Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("Number of the revision. Default: the one that served before."),
    })
    .optional()
    .describe("As POST /api/v1/services/{id}/rollback."),
  restart: z.strictObject({ service }).optional().describe("As POST /api/v1/services/{id}/restart."),
  removeService: z.strictObject({ service }).optional().describe("As DELETE /api/v1/services/{id}."),
  drain: z
    .strictObject({
      node,
      deadlineMs: timeSpan(0, limits.drainDeadlineMs, "30s or 10m")
        .default(limits.drainDeadlineDefaultMs)
        .describe("Tasks that are left after this time are stopped. Default: 10 min."),
    })
    .optional()
    .describe("As PUT /api/v1/nodes/{id}/drain."),
  removeNode: z.strictObject({ node }).optional().describe("As POST /api/v1/nodes/{id}/deregister."),
};
const names = Object.keys(plannable) as (keyof typeof plannable)[];

export const planInput = z
  .strictObject({
    ...plannable,
    until: choice(["placed", "settled"])
      .default("settled")
      .describe("placed: the first decision alone. settled, the default: until all that it begins is done."),
    resolve: choice(["always", "changed", "never"])
      .default("changed")
      .describe("For putService and putApp: which tags are looked up, as in the query of PUT. Default: changed."),
  })
  .superRefine((given, context) => {
    const asked = names.filter((name) => given[name] !== undefined);
    if (asked.length === 1) return;
    const got = asked.length === 0 ? "there is none" : `got ${asked.join(" and ")}`;
    context.addIssue({ code: "custom", path: [asked[1] ?? names[0]!], message: `one of ${names.join(", ")}; ${got}` });
  })
  .meta({
    description: "What is to be planned: exactly one change.",
    examples: [{ scale: { service: "web", replicas: 5 } }],
  });

export type ParsedPlanInput = z.output<typeof planInput>;
/** As a client sends it. */
export type PlanBody = z.input<typeof planInput>;
