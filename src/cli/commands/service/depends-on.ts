// The flag --depends-on of services and jobs.

import type { TemplateServiceBody } from "../../../model/service/service-input.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";

const conditions = ["started", "healthy", "completed"] as const;
type Condition = (typeof conditions)[number];

export const dependsOnFlag: Flag = {
  long: "depends-on",
  value: "NAME[:CONDITION]",
  description:
    "start no task before this service or job is started (the default), healthy or completed; none: wait for nothing",
  repeatable: true,
  completes: "services",
};

/** Undefined if the flag is not given. The list replaces the one before. */
export function dependsOnOf(flags: FlagValues): TemplateServiceBody["dependsOn"] {
  if (!flags.given("depends-on")) return undefined;
  const texts = flags.texts("depends-on");
  if (texts.length === 1 && texts[0] === "none") return [];
  return texts.map((text) => {
    const [name = "", condition = "started", ...rest] = text.split(":");
    if (name !== "" && rest.length === 0 && conditions.includes(condition as Condition))
      return { name, condition: condition as Condition };
    throw new UsageError(
      `--depends-on: expected NAME, or NAME and one of ${conditions.join(", ")}; got ${JSON.stringify(text)}`,
      "Write for example: --depends-on db:healthy.",
    );
  });
}
