// What --dry-run of a command does: shows the plan of each change, and changes nothing.

import type { Plan } from "../../../model/plan/plan.ts";
import type { PlanBody } from "../../../model/plan/plan-input.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { patiently } from "../../command/reconnect.ts";
import { renderPlan } from "../../render/plan.ts";

export const dryRunFlag: Flag = {
  long: "dry-run",
  description: "only show what would change; the exit code is 2 if something would, else 0",
};

/** Each change is planned by itself, as if it were the only one. */
export async function dryRun(context: Context, changes: readonly PlanBody[]): Promise<number> {
  const plans: Plan[] = [];
  for (const body of changes) plans.push(await patiently(context, () => context.call("plan", { body })));
  if (context.output() === "json") await context.outJson(plans.length === 1 ? plans[0] : plans);
  else {
    const texts = plans.map((plan) => renderPlan(plan, context.style("stdout"), context.tableWidth()));
    await context.out(texts.join("\n"));
  }
  return plans.some(({ hasChanges }) => hasChanges) ? exitCodes.changes : exitCodes.done;
}

/** For commands of which only the plan is JSON. */
export function refuseJson(context: Context): void {
  if (context.output() === "json") throw new UsageError("-o json is for --dry-run", "Add --dry-run, or leave -o out.");
}
