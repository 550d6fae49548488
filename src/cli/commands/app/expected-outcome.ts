// The outcome that an apply expects: that of a file which podling plan -o json wrote, or of the plan that is shown before the question.

import type { Plan, PlanOutcome } from "../../../model/plan/plan.ts";
import type { PlanBody } from "../../../model/plan/plan-input.ts";
import type { Context } from "../../command/context.ts";
import { Failure } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { patiently } from "../../command/reconnect.ts";
import { renderConsequences } from "../../render/plan.ts";

export const planFlags: readonly Flag[] = [
  {
    long: "plan",
    value: "FILE",
    description: "change nothing unless the files do what this plan says, which podling plan -o json wrote",
    completes: "files",
  },
  { long: "exact", description: "with a plan: also the nodes of the first tasks must be those of the plan" },
];

/** Null if there is no --plan. */
export async function plannedOutcome(context: Context): Promise<PlanOutcome | null> {
  const path = context.flags.text("plan");
  return path === undefined ? null : chosen(context, outcomeIn(await readPlan(context, path), path));
}

/** Shows on stderr what would follow from the change, and gives its outcome. */
export async function shownOutcome(context: Context, body: PlanBody): Promise<PlanOutcome> {
  const plan: Plan = await patiently(context, () => context.call("plan", { body }));
  const { isTty, columns } = context.io.stderr;
  await context.err(`${renderConsequences(plan, isTty ? columns() : null)}\n`);
  return chosen(context, plan.outcome);
}

function chosen({ flags }: Context, { placements, ...outcome }: PlanOutcome): PlanOutcome {
  return flags.has("exact") && placements ? { ...outcome, placements } : outcome;
}

async function readPlan({ io }: Context, path: string): Promise<unknown> {
  try {
    return JSON.parse(await io.readFile(path));
  } catch (error) {
    throw new Failure(`${path} cannot be read as a plan: ${(error as Error).message}`, hint);
  }
}

function outcomeIn(plan: unknown, path: string): PlanOutcome {
  const { outcome } = (plan ?? {}) as Partial<Plan>;
  if (typeof outcome?.digest !== "string" || !Array.isArray(outcome.records))
    throw new Failure(`${path} is no plan: it has no outcome`, hint);
  return outcome;
}

const hint = "Write it with: podling plan -o json >plan.json";
