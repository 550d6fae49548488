// The types of plans.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type * as schema from "./schema.ts";

export type PlanUntil = Plan["until"];
export type Plan = z.output<typeof schema.plan>;
export type PlannedService = Plan["services"][number];
export type PlannedNode = Plan["nodes"][number];
export type PlanOutcome = DeepReadonly<z.output<typeof schema.outcome>>;
export type OutcomeRecord = PlanOutcome["records"][number];
export type OutcomeField = OutcomeRecord["fields"][number];
export type OutcomePlacement = NonNullable<PlanOutcome["placements"]>[number];
