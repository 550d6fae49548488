// The operation that plans a change.

import { limits } from "../../model/limits.ts";
import type { Plan } from "../../model/plan/plan.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals } from "./refusals.ts";

export const planOperations = {
  plan: operation<Plan>()({
    method: "POST",
    path: "/api/v1/plan",
    summary: "What a change would do, tried on a copy of the state: nothing is changed.",
    // A plan shows the templates of services, which may hold passwords.
    access: "write",
    body: "PlanInput",
    bodyBytes: limits.appBytes,
    status: 200,
    media: json,
    answer: "Plan",
    refusals: [
      ...bodyRefusals,
      "service-not-found",
      "app-not-found",
      "conflict",
      "volume-in-use",
      "key-unavailable",
      "node-not-found",
      "ambiguous-id",
      "config-not-found",
      "secret-not-found",
      "volume-not-found",
      "name-taken",
      "in-use",
      "too-many",
    ],
  }),
} as const;
