// Checks packed records that come from outside (a backup) by the schema of their kind, and says in words what is wrong with
// one. Loaded only for a restore: records that the journal itself has written are not checked again.

import type { z } from "zod";

/** Null if the record is valid, else what is wrong with it: "has a field x that is not a y". */
export function checkWith(schema: z.ZodType): (packed: unknown) => string | null {
  return (packed) => {
    const parsed = schema.safeParse(packed);
    return parsed.success ? null : sentence(parsed.error.issues[0]!);
  };
}

function sentence({ path, ...issue }: z.core.$ZodIssue): string {
  const field = path.map(String).join(".");
  if (field === "" && issue.code === "custom") return `is ${issue.message}`;
  return field === "" ? `is not ${expected(issue)}` : `has a field ${field} that is not ${expected(issue)}`;
}

function expected(issue: Omit<z.core.$ZodIssue, "path">): string {
  const { code } = issue;
  if (code === "invalid_type") {
    const type = (issue as z.core.$ZodIssueInvalidType).expected;
    return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
  }
  if (code === "invalid_value") return `one of ${(issue as z.core.$ZodIssueInvalidValue).values.join(", ")}`;
  if (code === "too_small") return "a number from 0";
  return code === "invalid_union" ? "of a known form" : issue.message;
}
